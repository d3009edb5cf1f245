"""Which addresses a crawl may connect to."""

import pytest

from twelvefold.crawlers.addresses import PrivateAddressError, is_public, refuse_private


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "localhost", "example.org", "", "2130706433",
    ],
)  # fmt: skip
def test_what_is_not_on_the_public_internet_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_what_is_public_is_allowed(address):
    assert is_public(address)


class FakeReactor:
    """Records the connections that it would open."""

    def __init__(self):
        self.opened = []

    def connectTCP(self, host, port, factory):  # noqa: N802 - Twisted's name
        self.opened.append((host, port))
        return factory


def test_the_reactor_opens_no_socket_to_a_private_address():
    reactor = FakeReactor()
    refuse_private(reactor)
    assert reactor.connectTCP("93.184.216.34", 443, "factory") == "factory"
    for host in ("169.254.169.254", b"10.0.0.1", "::1", "a-name-that-would-be-resolved-later"):
        with pytest.raises(PrivateAddressError, match="allow_private"):
            reactor.connectTCP(host, 80, "factory")
    assert reactor.opened == [("93.184.216.34", 443)]
