"""A Kerberos realm in a folder, with a server of its own on a port that the system gives."""

import os
import signal
import socket
import subprocess
import time

REALM = "TEST.INVALID"
LIMIT = 60  # seconds that anything may take

KRB5_CONF = """
[libdefaults]
 default_realm = {realm}
 dns_lookup_realm = false
 dns_lookup_kdc = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 localhost = {realm}
"""

KDC_CONF = """
[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
 }}
[logging]
 kdc = FILE:{folder}/kdc.log
"""


class Realm:
    """The realm, with the services `ours` and `other` on localhost and the user alice."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        words = {"realm": REALM, "port": self.port, "folder": folder}
        for name, text in [("krb5.conf", KRB5_CONF), ("kdc.conf", KDC_CONF)]:
            with open(self.path(name), "w") as file:
                file.write(text.format(**words))
        # Whatever the user of this machine has set for Kerberos is not for these processes.
        self.base = {key: value for key, value in os.environ.items() if "KRB5" not in key}
        self.base["KRB5_CONFIG"] = self.path("krb5.conf")
        self.base["KRB5_KDC_PROFILE"] = self.path("kdc.conf")
        self.base["KRB5RCACHENAME"] = "dfl:"
        self.base["KRB5RCACHEDIR"] = folder
        self.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        for principal in ["ours/localhost", "other/localhost", "alice"]:
            self.admin(f"addprinc -randkey {principal}")
        # libzmq asks for its own ticket and for its own key, in whichever role it is: so both
        # sides get a folder with tickets and a file with keys.
        self.admin(f"ktadd -k {self.path('server.keys')} ours/localhost")
        self.admin(f"ktadd -k {self.path('client.keys')} alice")
        self.process = subprocess.Popen(
            ["/usr/sbin/krb5kdc", "-n", "-P", self.path("kdc.pid")],
            env=self.base,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + LIMIT
        while not self.answers():
            assert self.process.poll() is None, "krb5kdc ended"
            assert time.monotonic() < deadline, "krb5kdc does not listen"
            time.sleep(0.02)
        self.ticket("client")
        self.ticket("server")

    def path(self, name):
        """A file of the realm."""
        return os.path.join(self.folder, name)

    def run(self, *command, **environment):
        """Runs a program of Kerberos."""
        env = {**self.base, **environment, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=LIMIT)
        assert done.returncode == 0, f"{command}: {done.stderr or done.stdout}"

    def admin(self, query):
        """Changes something in the realm."""
        self.run("kadmin.local", "-r", REALM, "-q", query)

    def answers(self):
        """Whether the server can be connected to."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ticket(self, who, cache=None):
        """Gets a ticket for the user or the service, into a cache."""
        principal = {"client": "alice", "server": "ours/localhost"}[who]
        cache = f"FILE:{self.path(cache or who)}.tickets"
        self.run("kinit", "-k", "-t", self.path(f"{who}.keys"), principal, KRB5CCNAME=cache)

    def environment(self, keys, tickets):
        """What a process is told of its keys and tickets."""
        return {
            **self.base,
            "KRB5_KTNAME": f"FILE:{self.path(keys)}.keys",
            "KRB5_CLIENT_KTNAME": f"FILE:{self.path('none')}",
            "KRB5CCNAME": f"FILE:{self.path(tickets)}.tickets",
        }

    def freeze(self):
        """Lets the server take no notice of anybody."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Lets it go on."""
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        """Ends the server."""
        self.thaw()
        self.process.terminate()
        self.process.wait(LIMIT)
