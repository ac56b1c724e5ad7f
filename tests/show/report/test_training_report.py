"""The report of a training: what it says, and that names from data run nothing."""

import html
import re
from dataclasses import replace

import numpy as np
from scipy.stats import binomtest

import chainrule as cr
from chainrule.data import Dataset, Splits
from chainrule.experiments import Setting, cross_validate, without_each
from chainrule.experiments.answers import Unseen, held_out_answers
from chainrule.show.report.page import Image, Section
from chainrule.show.report.training import training_report, why_section
from chainrule.training import History
from chainrule.wording import chance

HOSTILE = (
    "<script>alert(1)</script>.png",
    '"><img src=x onerror=alert(1)>.png',
    "a" * 300 + ".png",
    "кот 🐈 'quoted'.png",
    "\u202egnp.exe.png",
    "{{ 7 * 7 }}.png",
)


def report(splits, iterations=40, **options):
    n_y = len(splits.train.classes)
    network = cr.Network.create((splits.train.raw.shape[0], 5, 1 if n_y == 2 else n_y))
    trained = cr.train(network, splits.train, learning_rate=0.05, iterations=iterations)
    model = cr.Model.of(trained.network, splits)
    settings = options.pop("settings", {"seed": 0})
    page = training_report(model, splits, trained.history, **options).html("t", settings)
    return model, page


def test_it_opens_with_the_answer_on_the_test_set(fashion):
    model, page = report(fashion)
    found = cr.evaluate(model, fashion.test)
    right = round(found.accuracy * 500)
    interval = binomtest(right, 500).proportion_ci(0.95, method="wilson")
    text = " ".join(re.sub(r"<[^>]+>", " ", page.split("</style>")[1]).split())
    assert text.index(f"{100 * found.accuracy:.1f} % right") < 100
    assert f"{right} of 500 test examples" in text
    assert f"between {100 * interval.low:.1f} % and {100 * interval.high:.1f} %" in text
    assert "not clearly more than 90.0 % by always saying the commonest class" in text
    assert "There was no test set" not in text


def test_what_was_trained_on_is_no_answer(fashion):
    _, page = report(replace(fashion, test=None))
    text = " ".join(re.sub(r"<[^>]+>", " ", page.split("</style>")[1]).split())
    assert text.index("Not known yet") < 20
    assert "Mistakes on training examples" in text
    assert "Table: Confusion on training examples" in page
    assert '<svg class="line"' not in page


def test_without_a_test_set_the_answer_is_that_of_the_folds(fashion):
    data = fashion.train.select(np.arange(60))
    setting = Setting(hidden=(5,), learning_rate=0.05, iterations=40)
    found = cross_validate(data, setting, folds=4)
    answers = held_out_answers(found, data)
    _, page = report(Splits(data), unseen=Unseen("", "chainrule crossval x", found, answers))
    text = " ".join(re.sub(r"<[^>]+>", " ", page.split("</style>")[1]).split())
    right = int((found.predicted == data.labels).sum())
    assert text.index(f"{100 * right / 60:.1f} % right") < 20
    assert f"{right} of 60 examples, each by a network trained without it (4 folds)" in text
    assert "cross-validation 60" in text
    assert "on training examples" not in page
    _, page = report(Splits(data), unseen=Unseen("it takes long.", "chainrule crossval x"))
    assert "it takes long. This tells: chainrule crossval x" in page


def test_a_network_that_answers_all_alike_is_not_looked_into(fashion):
    network = cr.Network.create((784, 5, 1), initializer="zeros")
    model = cr.Model.of(network, fashion)
    why = Section("Why", ["it says so"])
    page = training_report(model, fashion, History(), why=why).html("t", {})
    assert "gives the same answer to all examples" in page
    assert "What the first layer looks for" not in page
    assert "it says so" not in page
    assert "Learned nothing" in page


def test_it_needs_nothing_from_elsewhere(fashion):
    why = Section("Why", pictures=[Image("data:image/png;base64,AA==", "why")])
    _, page = report(fashion, why=why)
    read, *scripts = page.split("<script")
    addresses = re.findall(r"""(?:src|href|action|url)\s*[=(]\s*["']?([^"'\s>)]+)""", read)
    assert addresses
    assert all(address.startswith("data:image/") for address in addresses)
    assert len(scripts) == 2  # its own, and that one's data
    assert len(page) < 3_000_000
    assert page.count("<img ") == page.count(" alt=")


def test_names_are_text(fashion):
    n = len(HOSTILE)
    test = fashion.test.select(np.arange(n))
    # All of them mistakes: their labels are turned round.
    model, _ = report(fashion)
    wrong = 1 - model.predict(test.raw)
    classes = ("<b>no</b>", "yes & <i>more</i>")
    renamed = Dataset(test.raw, wrong, classes, HOSTILE, test.image_shape, test.scaling, "<u>x</u>")
    train = replace(fashion.train, classes=classes, source="<u>train</u>")
    _, page = report(Splits(train, None, renamed), settings={"data": "</dd><script>1</script>"})
    assert page.count("<script") == 2  # its own, and that one's data
    page, _ = page.split("<script type")
    assert "<b>no</b>" not in page
    assert "<u>" not in page
    shown = [
        name
        for name in HOSTILE
        if html.escape(name).replace("&#x27;", "&#39;") in page.replace("&#34;", "&quot;")
    ]
    assert shown == list(HOSTILE)


def test_tables_have_no_pictures():
    splits = cr.open_data("planar:moons")
    _, page = report(splits)
    assert "<figure>" not in page
    assert "What the first layer looks for" not in page


def test_ten_classes():
    splits = cr.open_data("fashion")
    _, page = report(splits)
    assert "Ankle boot" in page


def test_a_mistake_says_what_it_was_read_as_and_how_surely():
    splits = cr.open_data("fashion")
    model, page = report(splits)
    worst = cr.evaluate(model, splits.test).mistakes[0]
    text = re.sub("[\u2068\u2069]", "", html.unescape(page))
    assert f"{worst.actual}, read as {worst.predicted}, {chance(worst.probability)}" in text


SEES = "What the network sees, and what each part adds to the answer (against the mean picture)"


def labels(section):
    return [gallery.label for gallery in section.galleries]


def test_why_without_training_again(fashion):
    model, _ = report(fashion)
    section = why_section(model, fashion, lambda raw: ([], "it was long ago"))
    assert section.words == [
        "What each training picture changes in these answers is not shown: it was long ago."
    ]
    assert labels(section) == 2 * [SEES, "Nearest training pictures (distance)"]
    assert all(one.lines[0].startswith("train[") for one in section.galleries[1].cards)
    worst = cr.evaluate(model, fashion.test).mistakes[0]
    assert worst.name in section.galleries[0].heading
    assert chance(worst.probability) in section.galleries[0].heading


def test_why_says_what_is_exact_and_how_far_other_starts_agree(fashion):
    data = fashion.train.select(np.arange(60))
    setting = Setting(hidden=(5,), learning_rate=0.05, iterations=40)
    trained = cr.train(setting.network(784, 1), data, setting)
    splits = Splits(data, None, fashion.test)

    def exact(raw):
        return [without_each(data, raw, replace(setting, seed=seed)) for seed in (0, 1, 2)], ""

    section = why_section(cr.Model.of(trained.network, splits), splits, exact)
    assert "trained again without each of them" in section.words[0]
    asked = [one for one in section.galleries if one.heading]
    assert len(asked) == 2
    assert all("of 3 starts)" in one.words[0] for one in asked)
    more = section.galleries[1]
    assert more.label.startswith(
        "Makes the answer more probable, found by training without it (oth"
    )
    # Beside each number the mean of the other starts with their spread, not the spread alone.
    assert "±" not in more.cards[0].lines[1]
    assert re.fullmatch(r"others [+-]\S+ ± \S+", more.cards[0].lines[2])
    shares = [one.share for one in more.cards]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0
    assert section.galleries[2].label.startswith("Makes the answer less probable")
    assert all(one.share < 0 for one in section.galleries[2].cards)


def test_why_where_training_again_ends_elsewhere(fashion):
    few = Splits(fashion.train.select(np.arange(9)), None, fashion.test)
    model, _ = report(few)

    def other(raw):
        return [without_each(few.train, raw, Setting(hidden=(5,), iterations=3))], ""

    section = why_section(model, few, other)  # which may be of other data
    assert section.words[0].startswith("Not shown: ")
    assert "gave other weights" in section.words[0]
    assert not section.galleries
    known = replace(model, training={"digest": few.train.digest()})
    section = why_section(known, few, other)
    assert "is not shown: training again ended with other weights" in section.words[0]
    assert labels(section)[0].startswith("What the network sees")
    (words,) = why_section(replace(model, training={"digest": "0" * 64}), few).words
    assert words.endswith("the model was trained on; got others: their digest differs.")


def test_nothing_to_explain(fashion):
    few = Splits(fashion.train.select(np.arange(30)), None, None)
    model, page = report(few, iterations=400)
    assert cr.evaluate(model, few.train).mistakes == ()
    assert "None of the 30 training examples." in page
    assert why_section(model, few) is None
    moons = cr.open_data("planar:moons")
    assert why_section(report(moons)[0], moons) is None


def test_of_what_was_trained_on_no_interval_is_told(fashion):
    _, page = report(replace(fashion, test=None))
    assert "the true rate lies" not in page
    _, page = report(Splits(fashion.train, fashion.test, None))
    assert "these are the validation examples" in page
    assert "the true rate lies" in page
