"""Models that a kernel publishes and a Jupyter server gives to its user, and to nobody else."""

import json
import os
import threading
from urllib.parse import quote

import pytest

import marcelle_nb as mnb
from marcelle_nb.runtime.published_files import publish_files
from tests.eventually import eventually
from tests.extension_server import USER, ask, extension_server
from tests.hostile_names import NAMES
from tests.kernel_place import kernel_place, other_kernel

SECRET = b"a secret of the user's"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def base_url(home):
    (home / "secret.json").write_bytes(SECRET)
    with extension_server(home) as address:
        yield address


@pytest.fixture
def kernel(home, base_url, monkeypatch):
    """Be a kernel of the server; gives the folder of a published model."""
    with kernel_place(home / "runtime", monkeypatch):
        yield publish_files("a model", {"model.json": b"{}", "index.html": b"<p>"})


def trained():
    model = mnb.mlp(epochs=1, layers=[5], seed=0)
    model.train([{"x": [0, 1, 2, i], "y": "ab"[i % 2]} for i in range(6)]).wait(60)
    return model


def model_file(base_url, name, file="model.json", method="GET", **headers):
    return ask(base_url, f"marcelle-nb/models/{quote(name, safe='')}/{file}", method, **headers)


def test_a_published_model_is_served_with_its_type_and_no_sniffing(base_url, kernel):
    status, headers, body = model_file(base_url, "a model", **USER)
    assert (status, body) == (200, b"{}")
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-cache"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_what_a_reader_has_already_is_not_sent_again(base_url, kernel):
    tag = model_file(base_url, "a model", **USER)[1]["Etag"]
    answer = model_file(base_url, "a model", **USER, **{"If-None-Match": tag})
    assert (answer[0], answer[2]) == (304, b"")
    publish_files("a model", {"model.json": b"[1]"})
    assert model_file(base_url, "a model", **USER, **{"If-None-Match": tag})[2] == b"[1]"


def test_head_tells_the_size_alone(base_url, kernel):
    status, headers, body = model_file(base_url, "a model", method="HEAD", **USER)
    assert (status, headers["Content-Length"], body) == (200, "2", b"")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token wrong"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nobody_else_gets_anything(base_url, kernel, headers, method):
    for name in ("a model", "no model"):  # nor learns what there is
        assert model_file(base_url, name, method=method, **headers)[0] == 403
    status, told, body = model_file(base_url, "a model", "index.html", method, **headers)
    assert status == 302
    assert "/login?" in told["Location"]
    assert b"<p>" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(base_url, kernel, method):
    assert model_file(base_url, "a model", method=method, body=b"[]", **USER)[0] in (403, 405)
    assert model_file(base_url, "a model", **USER)[2] == b"{}"


HOSTILE = [
    *("../secret.json", "../../secret.json", "%2e%2e/secret.json", "%2e%2e%2fsecret.json"),
    *("a%20model/../../../secret.json", "a%20model/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret.json"),
    *("a%20model/..%5c..%5csecret.json", "a%20model/.before", "a%20model/.held", "a%20model/"),
    *("a%20model/model.json%00", "a%20model/model.json/", "a%20model//model.json", "a%20model"),
    *("a%20model/%c0%ae%c0%ae%2fsecret.json", "a%20model/%ef%bc%8e%ef%bc%8e%2fsecret.json"),
    *("a%20model/%252e%252e%252fsecret.json", "%00/model.json", "./model.json", "%2e/model.json"),
    *("a%20model/./model.json", "a%20model/model.json%20", "a%20model/model.json::$DATA"),
    *("a%20model/sub/model.json", "file:%2f%2f%2fetc%2fpasswd/model.json", "%ff%fe/model.json"),
    *("http:%2f%2f127.0.0.1%2fx/model.json", "sqlite:%2f%2f%2fx.db/model.json", "*/model.json"),
    *(
        "a%20model/model.py",
        "a%20model/MODEL.JSON",
        "a model/model.json",
        "a%20model/%6Dodel%2Ejso",
    ),
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_request_is_never_taken_for_a_path(base_url, kernel, home, path):
    (home / "runtime" / "secret.json").write_bytes(SECRET)
    (home / "runtime" / "marcelle-nb" / "secret.json").write_bytes(SECRET)
    (kernel.parent / "secret.json").write_bytes(SECRET)
    status, _, body = ask(base_url, f"marcelle-nb/models/{path.replace(' ', '%09')}", **USER)
    # the server itself sends on whoever ends an address with a slash
    assert status == 302 if path.endswith("/") else status in (400, 403, 404)
    assert SECRET not in body
    assert body != b"{}"


def test_absolute_paths_are_not_followed(base_url, kernel, home):
    for path in (home / "secret.json", kernel / "model.json"):
        quoted = quote(str(path), safe="")
        for request in (f"{quoted}/model.json", f"a%20model/{quoted}", f"{quoted}/{quoted}"):
            assert ask(base_url, f"marcelle-nb/models/{request}", **USER)[0] == 404


def test_no_link_leads_out_of_a_published_folder(base_url, kernel, home):
    (kernel / "link.json").symlink_to(home / "secret.json")
    os.link(home / "secret.json", kernel / "hard.json")
    (kernel / "folder.json").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(kernel / "pipe.json")
    for name in ("link", "hard", "folder", "pipe"):
        assert model_file(base_url, "a model", f"{name}.json", **USER)[0] == 404
    assert model_file(base_url, "a model", **USER)[0] == 200


@pytest.mark.parametrize("above", [0, 1, 2])
def test_no_folder_on_the_way_may_be_a_link(base_url, kernel, home, tmp_path, above):
    folder = [kernel, *kernel.parents][above]
    away = folder.rename(tmp_path / "away")
    folder.symlink_to(away)
    try:
        assert model_file(base_url, "a model", **USER)[0] == 404
    finally:
        folder.unlink()
        away.rename(folder)
    assert model_file(base_url, "a model", **USER)[0] == 200


def test_a_folder_that_others_can_open_is_not_served(base_url, kernel):
    kernel.chmod(0o755)
    assert model_file(base_url, "a model", **USER)[0] == 404
    kernel.chmod(0o700)
    assert model_file(base_url, "a model", **USER)[0] == 200


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_what_belongs_to_another_user_is_not_served(base_url, kernel):
    for place in (kernel / "model.json", kernel, kernel.parent, kernel.parent.parent):
        os.chown(place, 12345, 12345)
        assert model_file(base_url, "a model", **USER)[0] == 404
        os.chown(place, 0, 0)
    assert model_file(base_url, "a model", **USER)[0] == 200


def test_models_of_all_names_are_served_or_refused(base_url, kernel):
    model, refused = trained(), []
    for name in NAMES:
        try:
            publication = model.publish(name)
        except ValueError:
            refused.append(name)
            continue
        address = publication.url
        assert address == f"/a/place/marcelle-nb/models/{quote(name, safe='')}/model.json"
        status, _, body = ask(base_url, address.removeprefix("/a/place/"), **USER)
        assert status == 200
        assert json.loads(body)["marcelle_nb"]["labels"] == ["a", "b"]
        publication.close()
    with pytest.raises(ValueError, match=r"^name: expected 1 to 200 characters"):
        model.publish(refused[0])
    plain = [n for n in refused if n.isprintable() and len(n) <= 200 and n.strip(". ")]
    assert all(set(name) & {"/", "\\"} for name in plain)


def test_a_reader_never_gets_half_of_a_model(base_url, kernel):
    stop = threading.Event()

    def publish():
        number = 0
        while not stop.is_set():
            number += 1
            text = str(number).encode() * 1000
            publish_files("changing", {"model.json": text, f"w-{number}.bin": text})

    writer = threading.Thread(target=publish)
    writer.start()
    try:
        eventually(lambda: model_file(base_url, "changing", **USER)[0] == 200)
        for _ in range(60):
            status, headers, body = model_file(base_url, "changing", **USER)
            assert status == 200
            assert len(body) == int(headers["Content-Length"])
            assert len(body) % 1000 == 0
    finally:
        stop.set()
        writer.join()


def test_models_of_other_kernels_are_served_while_these_live(base_url, kernel):
    with other_kernel("of another", "[1]", end="kill"):
        assert model_file(base_url, "of another", **USER)[2] == b"[1]"
    assert model_file(base_url, "of another", **USER)[0] == 404
