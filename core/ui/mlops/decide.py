"""The dialog before every decision: what will change, who, why; with the admin token when one is set."""

from typing import Any, Literal

import streamlit as st

from core.errors import BadInput
from core.telemetry import Kind
from core.ui.actions import visitor_action
from core.ui.frame import guarded
from core.ui.mlops import cached, state

Action = Literal["Staging", "Production", "rollback", "challenger", "unchallenge", "delete", "reset"]

_TITLES: dict[Action, str] = {
    "Staging": "Promote version {version} to Staging",
    "Production": "Promote version {version} to Production",
    "rollback": "Roll back to version {version}",
    "challenger": "Let version {version} score in the shadow",
    "unchallenge": "End shadow scoring of version {version}",
    "delete": "Delete version {version}",
    "reset": "Bring the workspace back to its first start",
}
_DONE: dict[Action, str] = {
    "Staging": "Version {version} is in Staging.",
    "Production": "Version {version} is in Production.",
    "rollback": "Version {version} is back in Production.",
    "challenger": "Version {version} is the challenger.",
    "unchallenge": "Version {version} is no longer the challenger.",
    "delete": "Version {version} is deleted.",
    "reset": "The workspace is back at its first start.",
}


def ask(action: Action, version: int, aliases: dict[str, int]) -> None:
    """Open the dialog at the end of this rerun; ``aliases`` is what the visitor saw when asking."""
    state.put("decision", (action, version, aliases))


def open_dialog(workspace: Any) -> None:
    """Show the dialog that was asked for, if any."""
    asked: tuple[Action, int, dict[str, int]] | None = state.get("decision")
    if asked is not None:
        action, version, seen = asked
        opened = st.dialog(_TITLES[action].format(version=version), width="medium", on_dismiss=_close)
        opened(_body)(workspace, action, version, seen)


def told(decision: Any) -> str:
    """One decision in words."""
    version = decision.version
    if decision.action == "promote":
        replaced = f", replacing {decision.from_version}" if decision.from_version else ""
        text = f"version {version}: {_stage(decision.from_stage)} to {decision.to_stage}{replaced}"
    elif decision.action == "rollback":
        text = f"rolled back from version {decision.from_version} to version {version}"
    elif decision.action == "challenger":
        named = decision.aliases_after.get("challenger")
        text = f"version {version} shadow-scores" if named else f"version {version} no longer shadow-scores"
    else:
        names = {
            "register": "registered",
            "archive": "archived",
            "delete": "deleted",
            "reset": "back in Production alone",
        }
        text = f"version {version} {names.get(decision.action, decision.action)}"
    if not decision.completed:
        return f"{text} (not carried out)"
    return text + (" (finished after a crash)" if decision.recovered else "")


def held_aliases(versions: list[Any]) -> dict[str, int]:
    """Which version each alias points to."""
    return {alias: info.version for info in versions for alias in info.aliases}


def changes(held: dict[str, int], action: Action, version: int) -> list[str]:
    """What the decision will change, as sentences; ``held`` is where the aliases pointed when it was asked for."""
    production = held.get("production")
    if action == "rollback":
        return [
            f"Production: version {production} to version {version}.",
            f"Version {production} becomes the previous one, so this can be undone.",
            "A running service follows at its next reload.",
        ]
    if action == "Production":
        lines = [f"Production: {_named(production)} to version {version}."]
        lines += [f"Version {production} is kept as the previous one."] if production else []
        return [*lines, "A running service follows at its next reload."]
    if action == "Staging":
        return [
            f"Staging: {_named(held.get('staging'))} to version {version}.",
            "Production does not change.",
        ]
    if action == "reset":
        return [
            "The version of the first start is alone in Production; later versions and runs are removed.",
            "This affects everyone who uses this hub. The history keeps it all, this decision included.",
        ]
    if action == "delete":
        return ["The version leaves the registry. Its run and the record of this decision stay."]
    on = action == "challenger"
    now = f"version {version}" if on else "none"
    return [f"Challenger: {_named(held.get('challenger'))} to {now}.", "Clients' answers do not change."]


def _body(workspace: Any, action: Action, version: int, seen: dict[str, int]) -> None:
    lines = "\n".join(f"- {line}" for line in changes(seen, action, version))
    st.markdown(f"**What changes**\n\n{lines}")
    report = _shown_gates(workspace, version) if action in ("Staging", "Production") else None
    failed = report is not None and not report.passed
    override = failed and st.checkbox(
        "Override the failed gates; this stays on the version and in the log", key=f"{state.KEY}_override"
    )
    with st.form(f"{state.KEY}_decision_form", border=False):
        reason = st.text_input("Reason (required)", key=f"{state.KEY}_reason", max_chars=300)
        actor = st.text_input("Your name", "visitor", key=f"{state.KEY}_actor", max_chars=60)
        label = {"delete": "Delete", "rollback": "Roll back", "reset": "Reset for everybody"}.get(
            action, "Confirm"
        )
        confirmed = st.form_submit_button(
            label, type="primary", key=f"{state.KEY}_confirm", disabled=bool(failed and not override)
        )
    if confirmed:
        with guarded():
            with visitor_action(Kind.DECISION, how=action, version=version):
                _check(workspace, reason, seen)
                who = actor.strip() or "visitor"
                _carry_out(workspace, action, version, reason, who, bool(override), report, seen)
            _close()
            st.session_state["frame_notice"] = _DONE[action].format(version=version)
            st.rerun()


def _shown_gates(workspace: Any, version: int) -> Any:
    from core.ui.mlops.registry import show_gates

    with guarded():
        report = _judged(workspace, version)
        show_gates(report, brief=True)
        return report


def _check(workspace: Any, reason: str, seen: dict[str, int]) -> None:
    """Refuse without a reason, without the admin token, and when the stages are not those that were shown.

    The last also catches a second click, and a second tab: rolling back twice would undo itself.
    """
    state.require_admin()
    if not reason.strip():
        raise BadInput("A reason is needed", "Say in a few words why; it goes into the audit log.")
    if held_aliases(workspace.versions()) != seen:
        _close()
        raise BadInput(
            "The stages have changed since this window was opened",
            "Close it and look at the registry again.",
        )


def _judged(workspace: Any, version: int) -> Any:
    """The gate report of this visit, unless the champion has changed since."""
    report = state.get(f"report_{version}")
    champion = workspace.stages()["Production"]
    if report is None or report.champion not in (champion, None) or (report.champion is None and champion):
        with st.spinner("Checking the gates on the frozen hold-out"):
            report = workspace.check_gates(version)
        cached.forget_gates()
        state.put(f"report_{version}", report)
    return report


def _carry_out(
    workspace: Any,
    action: Action,
    version: int,
    reason: str,
    actor: str,
    override: bool,
    report: Any,
    seen: dict[str, int],
) -> None:
    if action in ("Staging", "Production"):
        workspace.promote(version, to=action, reason=reason, actor=actor, override=override, report=report)
    elif action == "rollback":
        workspace.rollback(reason=reason, actor=actor, instead_of=seen.get("production"))
    elif action == "delete":
        workspace.delete_version(version, reason=reason, actor=actor)
    elif action == "reset":
        from core.mlops.seeding import reset

        reset(workspace, reason, actor)
    else:
        workspace.set_challenger(version if action == "challenger" else None, reason=reason, actor=actor)


def _close() -> None:
    state.put("decision", None)
    for name in ("reason", "override"):
        st.session_state.pop(f"{state.KEY}_{name}", None)


def _named(version: int | None) -> str:
    return f"version {version}" if version else "none"


def _stage(name: str) -> str:
    return "no stage" if name == "None" else name
