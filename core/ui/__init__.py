"""Everything the pages share on screen; the only package that imports streamlit."""
