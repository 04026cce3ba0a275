"""Mail servers (aiosmtpd) that take, refuse, delay or drop mail, as the name in the recipient's address says.

It prints one line of JSON when it is ready: its ports, and the file of the authority that has signed its good certificate. Then
it prints a line for each mail that it has taken, and one for each connection. Argument: a directory for the certificates.
"""

import asyncio
import base64
import json
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from certificates import certificate, server_context

USER, PASSWORD = b"shop@example.com", "sésame:@/?#%".encode()


def say(**values):
    print(json.dumps(values), flush=True)


class Handler:
    taken = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("blocked"):
            return "550 5.7.1 this sender may not send"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        kind = address.split("@")[0]
        if kind == "unknown":
            return "550 5.1.1 no such mailbox"
        if kind == "busy":
            return "451 4.3.0 try again later"
        if kind == "login":
            return "530 5.7.0 Authentication required"
        if kind == "drop":
            server.transport.abort()
            return "250 OK"
        if kind == "hang":
            await asyncio.sleep(3_600)
        if kind == "chatty":
            # A reply that repeats what it should not.
            return "550 5.0.0 " + PASSWORD.decode() + " is not liked"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        kind = envelope.rcpt_tos[0].split("@")[0]
        if kind == "spam":
            return "554 5.7.1 this looks like spam"
        if kind == "full":
            return "452 4.2.2 the mailbox is full"
        if kind == "slow":
            await asyncio.sleep(0.5)
        if kind == "silent":
            say(silent=True)
            await asyncio.sleep(3_600)
        if kind == "last":
            # The reply to the end of the message waits for four other mails.
            say(held=True)
            while Handler.taken < 4:
                await asyncio.sleep(0.01)
        Handler.taken += 1
        say(
            mail=base64.b64encode(envelope.original_content).decode(), sender=envelope.mail_from, to=envelope.rcpt_tos,
            options=envelope.mail_options, tls=server.transport.get_extra_info("ssl_object") is not None,
            user=session.auth_data.login.decode() if session.auth_data else None, peer=session.peer[1],
            name=session.host_name)
        if kind == "vanish":
            server.transport.abort()
        if kind == "forgetful":
            asyncio.get_running_loop().call_later(0.05, server.transport.abort)
        return "250 2.0.0 queued as 4711"

    async def handle_QUIT(self, server, session, envelope):
        say(quit=True)
        if server.never_answers_quit:
            await asyncio.sleep(3_600)
        return "221 2.0.0 Bye"


class Server(SMTP):
    never_answers_quit = False

    def connection_made(self, transport):
        super().connection_made(transport)
        say(connection=transport.get_extra_info("peername")[1])


class StubbornServer(Server):
    never_answers_quit = True


def authenticate(server, session, envelope, mechanism, data):
    if data.login == b"echo":
        # A server that repeats the line that it does not understand.
        line = base64.b64encode(b"\0" + data.login + b"\0" + data.password).decode()
        return AuthResult(success=False, handled=False, message=f"535 5.7.8 cannot decode {line}")
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=is_right, handled=False, auth_data=data)


async def main():
    directory = sys.argv[1]
    loop = asyncio.get_running_loop()
    authority = certificate(directory, "authority", None, 7)
    good = server_context(certificate(directory, "localhost", "localhost", 7, authority)[2])
    self_signed = server_context(certificate(directory, "self", "localhost", 7)[2])
    common = {"hostname": "peer.example", "enable_SMTPUTF8": True}
    login = {**common, "authenticator": authenticate, "auth_required": True}
    kinds = {
        "plain": (lambda: Server(Handler(), **common), None),
        "stubborn": (lambda: StubbornServer(Handler(), **common), None),
        "ascii": (lambda: Server(Handler(), hostname="peer.example"), None),
        "starttls": (lambda: Server(Handler(), tls_context=good, require_starttls=True, **login), None),
        "self_signed": (lambda: Server(Handler(), tls_context=self_signed, require_starttls=True, **login), None),
        "smtps": (lambda: Server(Handler(), auth_require_tls=False, **login), good),
        "smtps_stubborn": (lambda: StubbornServer(Handler(), auth_require_tls=False, **login), good),
    }
    ports, servers = {}, []
    for name, (factory, context) in kinds.items():
        servers.append(await loop.create_server(factory, "127.0.0.1", 0, ssl=context))
        ports[name] = servers[-1].sockets[0].getsockname()[1]
    say(**ports, authority=authority[2])
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
