"""What reports are held to in a browser is seen there, and how large they are."""

import chainrule as cr
from chainrule.show.report.training import training_report


def test_the_browser_would_say_so(tmp_path, opened):
    """A page that does all of it: what the tests above look for is seen."""
    path = tmp_path / "bad.html"
    path.write_text(
        "<link rel='preconnect' href='https://cdn.example.net'><img src='data:,'>"
        "<script>console.error('x'); fetch('http://localhost:9/y')</script>"
    )
    page = opened(path)
    assert "x" in page.said
    assert "http://localhost:9/y" in page.asked
    assert page.locator("link").count() == 1
    assert "image-alt" in page.broken_rules()


def test_a_thousand_pictures_are_a_small_file():
    data = cr.open_data("fashion")
    network = cr.Network.create((784, 20, 10))
    trained = cr.train(network, data.train, learning_rate=0.05, iterations=30)
    model = cr.Model.of(trained.network, data)
    html = training_report(model, data, trained.history).html("t", {})
    assert len(html.encode()) < 3_000_000
