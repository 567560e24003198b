"""Grounded answers: retrieve, read, decide, quote, and let a generator speak only where it is carried."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator as Yielding
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

from core.config import settings
from core.errors import BadInput, HubError
from core.generator import Generator, Message, get_generator
from core.rag import prompts
from core.rag.calibration import load_calibration
from core.rag.conversation import Resolved, Turn
from core.rag.documents import Mode, Passage
from core.rag.events import (
    GENERATOR_CHOICES,
    MODEL_FAILED,
    REFUSAL,
    Answer,
    AnswerSentence,
    Done,
    Dropped,
    Event,
    GeneratorChoice,
    Quote,
    Refused,
    Rejected,
    Retrieved,
    Thought,
    Token,
    Verified,
    compose,
)
from core.rag.evidence import Candidate, describe_kind
from core.rag.extract import Extract, extract_of
from core.rag.grounding import check_sentences, sources_of, take_citations
from core.rag.guardrails import clean_output, findings_in
from core.rag.overview import Target, Unclear, find_target, read_wish
from core.rag.privacy import mask_in_place
from core.rag.questions import as_question
from core.rag.rewriting import resolve_follow_up
from core.rag.selection import choose, quotation
from core.rag.sentences import split_sentences, without_marker
from core.rag.weighing import Weighed, corpus_of, weigh, what_stays_open, why_refused

MOST_NEW_TOKENS = {"local": 64, "endpoint": 256}
MOST_OVERVIEW_TOKENS = {"local": 96, "endpoint": 400}
_LOCAL_SOURCES = 3
SELF_CONTAINED = "Self-contained question"
"""Title of the thought that says how a follow-up was completed: changes, by whom, what was not used."""


def answer_question(retriever: Any, question: str, **options: Any) -> Answer:
    """A verified answer with citations, or a refusal with its reason; options as in `stream_answer`."""
    for event in stream_answer(retriever, question, **options):
        if isinstance(event, Done):
            return event.answer
    raise AssertionError("the stream always ends with Done")


def stream_answer(
    retriever: Any,
    question: str,
    *,
    k: int | None = None,
    mode: Mode | None = None,
    threshold: float | None = None,
    generator: GeneratorChoice = "auto",
    where: Mapping[str, Any] | None = None,
    history: Sequence[Turn] | None = None,
    rerank: bool | str | None = None,
    diversity: float = 0.0,
    mask_personal_data: bool = False,
    cancel: threading.Event | None = None,
) -> Iterator[Event]:
    """The answer as events, the last of which is Done.

    `threshold` is compared with the calibrated confidence (0 to 1; below: refused); None takes the
    calibrated one, 0 never refuses. `generator`: "extractive" quotes; "local" and "endpoint" let a model
    speak and replace what the passages do not carry by quotation; "auto" quotes, and has a configured
    endpoint speak; when it fails, the quotation stands. `rerank` None: as the settings say, in hybrid mode.
    `mask_personal_data` puts dots for e-mail addresses, numbers and the like in passages and answer.
    `diversity` is that of the search. A question about one whole document ("summarise the leave policy") has
    no threshold: its passages are found by a filter (core.rag.overview). Raises BadInput for an empty
    question or an unknown generator, NotAvailable when the generator is.
    """
    asked = as_question(question)
    require_askable(asked, generator, threshold)
    yield from _Run(
        retriever=retriever,
        asked=asked,
        speaker=_speaker(generator),
        search={
            "k": k,
            "mode": mode,
            "where": where,
            "rerank": reranks(mode) if rerank is None else rerank,
            "diversity": diversity,
            "widen": settings().rag.passage_characters,
        },
        threshold=threshold,
        history=tuple(history or ()),
        masked=mask_personal_data,
        answer_by=generator,
        cancel=cancel or threading.Event(),
    ).events()


@dataclass
class _Run:
    """One question on its way to an answer."""

    retriever: Any
    asked: str
    speaker: Generator | None
    search: Mapping[str, Any]
    threshold: float | None
    history: tuple[Turn, ...]
    masked: bool
    answer_by: GeneratorChoice
    cancel: threading.Event
    timings: dict[str, float] = field(default_factory=dict)
    thoughts: list[Thought] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def events(self) -> Iterator[Event]:
        meant = self._whole_document(self.asked)
        resolved = Resolved(self.asked) if meant else self._resolve()
        meant = meant or (self._whole_document(resolved.question) if resolved.changes else None)
        if meant:
            yield from self._overview(resolved.question, meant)
            return
        passages = self._retrieve(resolved)
        yield Retrieved(resolved.question, passages, tuple(self.thoughts))
        weighed = self._weigh(resolved, passages)
        base = Answer(
            question=resolved.question,
            text=REFUSAL,
            refused=True,
            sentences=(),
            passages=passages,
            confidence=weighed.confidence,
            threshold=weighed.limit,
            generator=self.speaker.name if self.speaker else "extractive",
            evidence=weighed.whole.evidence,
            reason=what_stays_open(weighed),
        )
        if weighed.refused:
            reason = why_refused(weighed)
            yield Refused(reason)
            yield self._done(replace(base, reason=reason))
            return
        sentences: list[AnswerSentence] = []
        for event in self._speak(weighed, passages, resolved.question):
            if isinstance(event, Verified):
                sentences.append(event.sentence)
            yield event
        yield self._done(replace(base, refused=False, text=compose(sentences), sentences=tuple(sentences)))

    def _whole_document(self, question: str) -> Target | Unclear | None:
        wish = read_wish(question)
        if wish is None:
            return None
        cited = self.history[-1].documents if self.history else ()
        return find_target(wish, self.retriever.documents(), self.search["where"], cited)

    def _overview(self, question: str, meant: Target | Unclear) -> Iterator[Event]:
        """The answer to a question about one whole document; nothing is refused for lack of similarity."""
        speaker = self.speaker.name if self.speaker else "extractive"
        base = Answer(question, "", True, (), (), 0.0, 0.0, speaker, kind="overview")
        if isinstance(meant, Unclear):
            self._think("Whole document", meant.message, choices=meant.alternatives)
            yield Retrieved(question, (), tuple(self.thoughts))
            yield Refused(meant.reason)
            yield self._done(
                replace(base, text=meant.message, reason=meant.reason, alternatives=meant.alternatives)
            )
            return
        extract = self._extract(question, meant)
        base = replace(
            base,
            passages=extract.passages,
            about=meant.info.id,
            alternatives=meant.alternatives,
            reason=meant.note,
        )
        yield Retrieved(question, extract.passages, tuple(self.thoughts))
        if not extract.sentences:
            reason = f"{meant.info.id} holds no sentence that can be quoted."
            yield Refused(reason)
            yield self._done(replace(base, text=REFUSAL, reason=reason))
            return
        sentences: list[AnswerSentence] = []
        for event in self._word(extract, question):
            if isinstance(event, Verified):
                sentences.append(event.sentence)
            yield event
        text = compose(sentences)
        yield self._done(replace(base, refused=False, confidence=1.0, text=text, sentences=tuple(sentences)))

    def _extract(self, question: str, meant: Target) -> Extract:
        begin = time.perf_counter()
        where, masked = self.search["where"], self.masked
        extract = extract_of(
            self.retriever, meant.info, question, most=meant.sentences, where=where, masked=masked
        )
        self._time("retrieval", begin)
        self._think(
            "Whole document",
            f"{len(extract.sentences)} of {extract.parts} parts of {meant.info.id} quoted, no threshold",
            filter={"document": meant.info.id, "origin": meant.info.origin},
            headings=extract.headings,
            note=meant.note,
        )
        if extract.flagged:
            note = f"{extract.flagged} sentences look like instructions to a model and were left out."
            self._think("Instructions in documents", note)
        return extract

    def _word(self, extract: Extract, question: str) -> Iterator[Event]:
        """The quotations, or a model's wording of them, part by part, where the part carries it."""
        if self.speaker is None:
            yield from (Verified(quote) for quote in extract.sentences)
            return
        texts = [sentence.text for sentence in extract.sentences]
        if self.speaker.name == "endpoint":
            self.messages = prompts.overview_prompt(extract.passages[0].title, texts)
        else:
            self.messages = prompts.local_prompt(question, texts)
        pieces = self.speaker.stream(
            self.messages, max_new_tokens=MOST_OVERVIEW_TOKENS.get(self.speaker.name, 96), cancel=self.cancel
        )
        draft = yield from self._drafted(pieces)
        begin = time.perf_counter()
        worded: dict[int, list[Verified]] = {}
        for event in self._checked(draft, extract.passages, question):
            if isinstance(event, Verified):
                worded.setdefault(event.sentence.citations[0], []).append(event)
            else:
                yield event
        for number, quote in enumerate(extract.sentences, start=1):
            yield from worded.get(number) or [Verified(quote, replaces=draft)]
        self._time("verification", begin)

    def _resolve(self) -> Resolved:
        begin = time.perf_counter()
        resolved = resolve_follow_up(
            self.asked, self.history, self.retriever.embedder, self.answer_by, self.cancel
        )
        if self.history:
            self._time("rewriting", begin)
        if resolved.changes or resolved.refused:
            how = {"changes": resolved.changes, "by": resolved.by, "not_used": resolved.refused}
            self._think(SELF_CONTAINED, resolved.question, **how)
        return resolved

    def _retrieve(self, resolved: Resolved) -> tuple[Passage, ...]:
        begin = time.perf_counter()
        passages = tuple(self.retriever.search(resolved.question, **self.search))
        if self.masked:
            passages = tuple(replace(p, text=mask_in_place(p.text)) for p in passages)
        self._time("retrieval", begin)
        hits = [{"document": p.document, "score": p.score, **p.scores} for p in passages]
        self._think("Search", f"{len(passages)} passages", query=resolved.question, hits=hits)
        flagged = {n: found for n, p in enumerate(passages, 1) if (found := findings_in(p.text))}
        if flagged:
            note = "Passages that look like instructions are treated as data."
            self._think("Instructions in documents", note, flagged=flagged)
        return passages

    def _weigh(self, resolved: Resolved, passages: Sequence[Passage]) -> Weighed:
        begin = time.perf_counter()
        weighed = weigh(self.retriever, resolved.question, passages, self.threshold)
        self._time("evidence", begin)
        calibration, whole = load_calibration(), weighed.whole
        self._think(
            "Evidence",
            f"confidence {weighed.confidence:.2f}, answered from {weighed.limit:.2f}",
            asked_for=describe_kind(whole.reading.question.kind),
            features=whole.evidence,
            calibrated_for={
                "corpus": corpus_of(self.retriever),
                "embedder": calibration.embedder,
                "unit": calibration.unit,
            },
            contributions=calibration.contributions(whole.evidence),
            candidates=[{"text": c.text, "score": c.score} for c in whole.reading.candidates[:5]],
        )
        if weighed.parts:
            sure = [{"asked": look.part.asked, "confidence": look.confidence} for look in weighed.parts]
            self._think("Part by part", f"The question asks for {len(sure)} things", parts=sure)
        return weighed

    def _speak(self, weighed: Weighed, passages: Sequence[Passage], question: str) -> Iterator[Event]:
        whole = weighed.whole
        candidates = whole.reading.candidates
        carrier = whole.reading.read[whole.carrier].candidate
        parts = [look.sentences(weighed.limit) for look in weighed.parts]
        chosen = choose(candidates, carrier, weighed.confidence, parts)
        quotes = [quotation(candidate, passages) for candidate in chosen]
        if self.speaker is None:
            yield from (Verified(quote) for quote in quotes)
            return
        sources = list(dict.fromkeys([*chosen, *candidates])) if parts else candidates
        draft = yield from self._drafted(self._draft(sources, passages, question))
        begin = time.perf_counter()
        yield from self._verify(draft, passages, question, quotes)
        self._time("verification", begin)

    def _drafted(self, pieces: Iterator[str]) -> Yielding[Event, None, str]:
        """Stream the model's words; what is returned is "" when it failed and quotation stands in."""
        assert self.speaker is not None
        draft = ""
        begin = time.perf_counter()
        try:
            for piece in pieces:
                if not draft:
                    self._time("first_token", self.started)
                draft += piece
                yield Token(piece)
        except HubError as error:
            if self.answer_by != "auto":
                raise
            self._think(MODEL_FAILED, error.message, hint=error.hint)
            draft = ""
        else:
            if not draft.strip():
                self._think("The model said nothing, so the documents are quoted", self.speaker.name)
        self._time("generation", begin)
        return draft

    def _draft(
        self, sources: Sequence[Candidate], passages: Sequence[Passage], question: str
    ) -> Iterator[str]:
        assert self.speaker is not None
        if self.speaker.name == "endpoint":
            self.messages = prompts.endpoint_prompt(question, passages)
        else:
            harmless = [c for c in sources if not findings_in(c.text)] or sources
            best = sorted(harmless[:_LOCAL_SOURCES], key=lambda c: (c.passage, c.start))
            self.messages = prompts.local_prompt(question, [candidate.text for candidate in best])
        most = MOST_NEW_TOKENS.get(self.speaker.name, 64)
        yield from self.speaker.stream(self.messages, max_new_tokens=most, cancel=self.cancel)

    def _verify(
        self, draft: str, passages: Sequence[Passage], question: str, quotes: Sequence[AnswerSentence]
    ) -> Iterator[Event]:
        """Keep what the passages carry; put the quotation in the place of the rest.

        The small local model likes to repeat what stands beside the answer. Unless it words a sentence that
        would be quoted, nothing that it says is kept.
        """
        events = list(self._checked(draft, passages, question))
        quoted = {_place(quote) for sentence in quotes for quote in sentence.quotes}
        worded = {_place(e.sentence.quotes[0]) for e in events if isinstance(e, Verified)}
        if self.speaker is not None and self.speaker.name == "local" and not worded & quoted:
            beside = ("it words none of the sentences that answer best",)
            events = [
                self._dropped(e.sentence.text, beside, e.sentence.support) if isinstance(e, Verified) else e
                for e in events
            ]
            worded = set()
        yield from events
        if not worded:
            yield from (Verified(quote, replaces=draft) for quote in quotes)

    def _checked(
        self, draft: str, passages: Sequence[Passage], question: str
    ) -> Iterator[Verified | Dropped]:
        """Every sentence of a draft, as one that the passages carry or one that is dropped, with the reasons."""
        words = clean_output(draft)
        spans = [without_marker(words, span) for span in split_sentences(words)]
        drafted = [take_citations(words[start:end]) for start, end in spans]
        texts = [text for text, _ in drafted if text]
        # what looks like an instruction to a model must not be what carries its answer
        sources = [source for source in sources_of(passages) if not findings_in(source.text)]
        verdicts = check_sentences(texts, sources, question, self.retriever.embedder)
        for text, verdict in zip(texts, verdicts, strict=True):
            if verdict.passed and verdict.quote is not None:
                sentence = AnswerSentence(
                    text, (verdict.quote.passage,), verdict.support, (verdict.quote,), "generated"
                )
                yield Verified(sentence)
                continue
            reasons = verdict.reasons or (f"support {verdict.support:.2f} is too low",)
            yield self._dropped(text, reasons, verdict.support)

    def _dropped(self, text: str, reasons: tuple[str, ...], support: float) -> Dropped:
        self.rejected.append(Rejected(text, reasons, support))
        return Dropped(self.rejected[-1])

    def _done(self, answer: Answer) -> Done:
        self._time("total", self.started)
        prompt = self.speaker.render(self.messages) if self.speaker and self.messages else ""
        tokens = {"prompt": self.speaker.count_tokens(prompt)} if self.speaker and prompt else {}
        return Done(
            replace(
                answer,
                prompt=prompt,
                rejected=tuple(self.rejected),
                thoughts=tuple(self.thoughts),
                timings=dict(self.timings),
                tokens=tokens,
            )
        )

    def _think(self, title: str, description: str, **props: Any) -> None:
        self.thoughts.append(Thought(title, description, props))

    def _time(self, name: str, begin: float) -> None:
        self.timings[name] = 1000.0 * (time.perf_counter() - begin)


def require_askable(question: str, generator: str, threshold: float | None) -> None:
    """Nothing, or BadInput that says why this cannot be asked."""
    if not question.strip():
        raise BadInput("The question is empty", "Ask something about the documents.")
    if not any(map(str.isalnum, question)):
        raise BadInput("The question holds no words", "Ask something about the documents.")
    if generator not in GENERATOR_CHOICES:
        raise BadInput(
            f"There is no generator called {generator!r}", f"Use one of {', '.join(GENERATOR_CHOICES)}."
        )
    if threshold is not None and not (isinstance(threshold, Real) and 0.0 <= threshold <= 1.0):
        raise BadInput(f"The threshold {threshold} is not between 0 and 1", "0 answers always, 1 never.")


def _speaker(choice: GeneratorChoice) -> Generator | None:
    """The model that speaks; "auto" has only an endpoint speak: the small local model's own words contain
    the answer half as often as the quotation (0.45 against 0.80, reference figures)."""
    if choice == "extractive" or (choice == "auto" and not settings().llm_base_url):
        return None
    return get_generator("endpoint" if choice == "auto" else choice)


def reranks(mode: Mode | None = None) -> bool:
    """Whether answers in this mode look at the best hits a second time unless told otherwise: in hybrid mode,
    as the settings say; who asks for one part alone wants to see that part."""
    return settings().rag.rerank_answers and (mode or settings().rag.mode) == "hybrid"


def _place(quote: Quote) -> tuple[int, int]:
    """Passage and offset: where a quoted sentence stands."""
    return quote.passage, quote.start
