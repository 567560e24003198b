"""Interview Guide: pitches, demo scripts and questions, with the evidence in this app."""

from core.ui.frame import open_page

open_page("interview_guide")
