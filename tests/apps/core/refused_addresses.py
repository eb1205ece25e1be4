"""Addresses that a customer could try and that must never be called. `PORT` stands for a port that listens."""

LOOPBACK = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "0x7f.1", "0177.0.0.1", "017700000001", "0177.1", "0x7F.0x0.0x0.0x1", "127.0.0.01", "0", "0.0.0.0", "00", "0x0",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::1%25lo]",
    "[fe80::1%25eth0]",
]  # fmt: skip
INNER = [
    "10.0.0.1", "10.255.255.255", "0x0a000001", "167772161", "012.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1",
    "192.168.1", "3232235521", "100.64.0.1", "100.127.255.254", "198.18.0.1", "198.19.255.255", "192.0.0.1",
    "192.0.2.1",
    "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "0.1.2.3", "[fc00::1]", "[fd12:3456::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]",
    "[::ffff:10.0.0.1]", "[::ffff:192.168.0.1]", "[::10.0.0.1]", "[2002:a00:1::]", "[64:ff9b::a00:1]", "[5f00::1]",
    "router.local", "db.internal", "wiki.corp", "printer.lan", "nas.home", "1.0.0.127.in-addr.arpa", "intranet",
    "redis",
    "service.consul", "x.onion", "db.default.svc.cluster.local",
]  # fmt: skip
METADATA = [
    "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[fd00:ec2::254]", "169.254.170.2", "100.100.100.200", "192.0.0.192",
    "168.63.129.16", "metadata.google.internal",
]  # fmt: skip
SPELLING = [
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1%00.example.com", "127%2e0%2e0%2e1", "localho%73t",
    "exa mple.com", "example.com\r\nX: y", "example.com\tx", "user@127.0.0.1", "user:pass@example.com",
    "example.com@127.0.0.1", "127.0.0.1\\@example.com", "[::1", "::1", "[127.0.0.1]", "[v1.x]", "-bad.com", "bad-.com",
    "a..b.com", ".com", "*.example.com", "bücher.example", "a" * 64 + ".com", "1.2.3.4.5", "1.2.3.0x4", "example.com:0",
    "example.com:99999", "example.com:-1", "example.com:22", "example.com:6379", "example.com:5432", "example.com:80",
    "example.com:25", "example.com:x",
]  # fmt: skip
HOSTS = [*LOOPBACK, *INNER, *METADATA, *SPELLING]
WHOLE = [
    "", "x", "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com:443/_x",
    "dict://example.com:443/", "data:text/plain,hello", "javascript:alert(1)", "https:example.com",
    "https:/example.com",
    "https:///example.com", "//example.com", "https://", "https://?x", "https://#x", "ldap://example.com",
    "jar:https://x!/",
    "https://example.com/\x00", "https://example.com/ b", "https://example.com/\nHost: x", "wss://example.com/",
    "https://" + "a" * 3000 + ".com/", " https://example.com", "unix:///var/run/docker.sock",
]  # fmt: skip
REFUSED = [*(f"https://{host}/hook" for host in HOSTS), *WHOLE]
