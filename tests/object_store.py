"""An object store of the tests' own: moto's S3 server in this process."""

import urllib.request
from contextlib import contextmanager

from drawscape import output_store

BUCKET = "studio"


def variables_of(endpoint, url):
    """Return the environment that leads to a store."""
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    where = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
    return {**keys, **where, "DRAWSCAPE_OUTPUT": url}


class ObjectStore:
    """A server with one bucket, on a free port; the environment of `patch` leads to it."""

    def __init__(self, server, patch):
        host, port = server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self._post("reset")
        self.admit_keys()
        for name, value in variables_of(self.endpoint, f"s3://{BUCKET}/drawings").items():
            patch.setenv(name, value)
        import boto3  # dear to import, and few tests use it

        self.client = boto3.client("s3")
        self.client.create_bucket(Bucket=BUCKET)

    def _post(self, path, body=b""):
        headers = {"Content-Type": "text/plain"}
        request = urllib.request.Request(f"{self.endpoint}/moto-api/{path}", body, headers)
        urllib.request.urlopen(request, timeout=60).close()

    def names(self):
        """Return the names of all objects."""
        found = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {one["Key"] for one in found}

    def read(self, name):
        return bytes(self.client.get_object(Bucket=BUCKET, Key=f"drawings/{name}")["Body"].read())

    def write(self, name, content):
        self.client.put_object(Bucket=BUCKET, Key=f"drawings/{name}", Body=content)

    def remove_bucket(self):
        for name in self.names():
            self.client.delete_object(Bucket=BUCKET, Key=name)
        self.client.delete_bucket(Bucket=BUCKET)

    def refuse_keys(self):
        """Let nobody in from now on."""
        self._post("reset-auth", b"0")

    def admit_keys(self):
        self._post("reset-auth", b"1000000")


@contextmanager
def object_store(patch):
    """Yield a store of a test's own."""
    from moto.server import ThreadedMotoServer

    output_store._store.cache_clear()  # of another test, with another port
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield ObjectStore(server, patch)
    finally:
        server.stop()
