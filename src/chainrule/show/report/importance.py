"""The section of a report that names features."""

from chainrule.influence.ranking import CAUTION, SHOWN, Importance
from chainrule.show.report import page
from chainrule.wording import setting_words

ARCHITECTURE = ("hidden", "optimizer", "learning_rate", "l2")


def importance_section(found: Importance) -> page.Section:
    """The first features by their importance, with a picture, and what that means."""
    runs, diverged = len(found.slopes), found.diverged
    words = [
        f"{runs} trainings ({setting_words(found.setting, ARCHITECTURE)}), each on a part of the "
        "examples and from weights of its own" + (f"; {diverged} diverged." if diverged else "."),
        f"{found.stability} (Shah & Samworth 2013.)" if found.halves else found.stability,
        *filter(None, [found.stretches]),
        f"{MEANING[found.by]} {FOR}" if any(found.favors) else MEANING[found.by],
        CAUTION,
    ]
    table = found.table().first(SHOWN)  # the table in the folder has all
    if (n := len(found.names)) > SHOWN:
        words.insert(0, f"The first {SHOWN} of {n} features.")
    # A page has no room for all.
    aside = [f"slope of {name}" for name in found.of] if len(found.of) == 1 else []
    aside += ["loss_rise"] if found.by == "slope" else []
    table = table.without("in_top_low", "in_top_high", "rank_low", "rank_high", *aside)
    return page.Section("Features", words, table, pictures=page.pictures_of(found))


MEANING = {
    "slope": "Importance is by how much one standard deviation more of a feature moves the answer "
    "by what was learned, whether up or down: the root of the mean square over examples and "
    "answers, in the mean over trainings. Low and high hold the middle 95 % of the trainings: "
    "they say how the list hangs on which examples there are, and are no confidence interval.",
    "permutation": "Importance is by how much the mean loss of held-out examples rises when a "
    "feature is permuted among them, in the mean over trainings. Low and high hold the middle 95 % "
    "of the trainings.",
}
FOR = (
    'Under "for" stands what more of the feature speaks for; "both ways" where it raises the '
    "answer to some examples and lowers it to others; nothing where the trainings do not agree."
)
