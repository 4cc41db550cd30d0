"""What a price may rest on where it stands in no table and beside no name that one could rely on.

Documents as companies really have them: notes ("moving panels off and back on: 95 per panel"), zones ("46-80 mi:
$160"), a sheet of which no head says what its columns are. Looked at last; a discount never rests on it.
"""

from dataclasses import replace

from sales_agent.claims import Case
from sales_agent.knowledge.counts import holds_for, reached
from sales_agent.knowledge.licence import Licence
from sales_agent.knowledge.licences import Licences
from sales_agent.knowledge.stems import telling_stems

_ENOUGH = 2  # words in common with a statement that says no currency


class Likely:
    """Looks through one folder's documents."""

    def __init__(self, licences: Licences) -> None:
        self._licences = licences
        self._names = licences.vocabulary

    def holds(self, case: Case) -> bool:
        """Whether it is likely that a document says this price of the same thing."""
        if case.claim.figure.kind != "price":
            return False
        return self._is_told_best(case) or self._stands_without_currency(case)

    def _is_told_best(self, case: Case) -> bool:
        """ "The travel fee is 160 dollars": no statement of another price has more words of the sentence."""
        words, part = self._words(case), case.said.part
        if case.claim.own or not words:
            return False
        every = (*case.ranked.better, *case.ranked.as_well)
        rivals = [one for one in every if holds_for(one.text, case.texts) is not False]
        most = max((len(words & self._telling(rival)) for rival in rivals), default=0)
        return any(
            len(words & self._telling(one)) >= max(most, 1)
            and (not part or part in self._telling(one))
            and self._is_of_none_other(one, case)
            and holds_for(one.text, case.texts) is not False
            and not any(one.text == rival.text for rival in rivals)
            and reached(one.text, case.texts) >= case.highest
            for one in case.ranked.told
        )

    def _stands_without_currency(self, case: Case) -> bool:
        """Whether a number without a unit is told by the product and a word, or by several words."""
        figure = case.claim.figure
        if figure.bare:
            return False
        words = self._words(case)
        said = telling_stems(f"{case.claim.talk.sentence}{case.claim.clause}")
        for one in self._licences.with_value(replace(figure, kind="other")):
            if one.figure.unit or one.figure.noun:
                continue
            named = self._named(one)
            if any(self._names.same(a, b) for a in case.about for b in named):
                if words & self._names.telling(one.text):
                    return True
            elif (
                not (named and case.claim.own) and len(said & telling_stems(_whole(one))) >= _ENOUGH
            ):
                return True
        return False

    def _is_of_none_other(self, one: Licence, case: Case) -> bool:
        named = self._named(one)
        return not named or any(self._names.same(a, b) for a in case.about for b in named)

    def _named(self, one: Licence) -> list[str]:
        return [m.name for m in self._names.mentions(_whole(one))]

    def _telling(self, one: Licence) -> frozenset[str]:
        return self._names.telling(_whole(one))

    def _words(self, case: Case) -> frozenset[str]:
        return self._names.telling_either(f"{case.claim.talk.sentence}{case.claim.clause}")


def _whole(one: Licence) -> str:
    return f"{one.lead}. {one.topic}. {one.text}"
