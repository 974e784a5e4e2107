"""One question by hand: what every check says, and what Postfix would be told. Nothing is remembered of it.

In:    attributes of SMTPD_POLICY_README; a configuration.
Out:   lines of text.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping

from mdafilter_policyd import made
from mdafilter_policyd.checks import House
from mdafilter_policyd.config import Config
from mdafilter_policyd.log import Log
from mdafilter_policyd.opinion import Accept, Action, Defer, Opinion, Pass, Points, Prepend, Reject
from mdafilter_policyd.request import Request
from mdafilter_policyd.run import Outcome, Run
from mdafilter_policyd.store.looking import Looking

# What Postfix would send; so that a question may be short.
USUAL = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "protocol_name": "ESMTP", "instance": "ask"}


def looked_at(config: Config) -> Config:
    """The same configuration; but a file of state that is not there yet is not made by a question."""
    path = config.store_url.removeprefix("sqlite://").partition("?")[0]
    missing = config.store_url.startswith("sqlite:") and not os.path.exists(path)
    return dataclasses.replace(config, store="memory:") if missing else config


async def ask(config: Config, house: House, attributes: Mapping[str, str], log: Log) -> list[str]:
    """The lines to be shown."""
    looking = dataclasses.replace(house, store=Looking(house.store))
    checks = made.make(config, looking, log)
    run = Run(dataclasses.replace(made.rules(config, checks), log=False), log, None, house.now)
    request = Request({**USUAL, **attributes})
    outcome = await run.ask(request)
    asked = {one.check for one in outcome.judged}
    left = [one.asked.name for one in checks if one.asked.name not in asked]
    return [*_shown(outcome), *(f"{name}: not asked" for name in left), f"action={run.tell(request, outcome)}"]


def _shown(outcome: Outcome) -> list[str]:
    lines = []
    for one in outcome.judged:
        mode = " (warn)" if one.mode == "warn" else ""
        said = [one.trouble] if one.trouble else [says(opinion) for opinion in one.opinions] or ["pass"]
        lines += [f"{one.check}{mode}: {text}" for text in said]
    lines += [f"fact: {name}={value}" for name, value in outcome.facts.items()]
    decision = outcome.decision
    lines += [f"would have: {action} (by {check})" for check, action in decision.would]
    lines += [f"points: {decision.points:g}"] if decision.points else []
    return [*lines, f"decided by {decision.by}: {decision.why}" if decision.by else "decided by none"]


def says(opinion: Opinion) -> str:
    """An opinion in words."""
    match opinion:
        case Pass(why):
            return f"pass: {why}" if why else "pass"
        case Points(points, why):
            return f"{points:g} points: {why}"
        case Prepend(field):
            return f"prepend: {field}"
        case Defer(text, why):
            return f"defer: {text}" + (f" ({why})" if why else "")
        case Reject(text, why):
            return f"reject: {text}" + (f" ({why})" if why else "")
        case Accept(why):
            return f"accept: {why}" if why else "accept"
        case Action(text, why):
            return f"action: {text}" + (f" ({why})" if why else "")
