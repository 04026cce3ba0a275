"""A mail server that takes mails, reads them with Python's strict parser, and prints each as a line of JSON.

It refuses some recipients: `refused@…` for good, `later@…` for now. Its replies have their addresses in upper case. Needs aiosmtpd.
"""
import asyncio
import email
import email.policy
import json

from aiosmtpd.smtp import SMTP

POLICY = email.policy.SMTPUTF8.clone(raise_on_defect=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return f"550 5.1.1 <{address.upper()}>: there is no such mailbox"
        if address.startswith("later@"):
            return f"451 4.2.1 <{address.upper()}>: the mailbox is busy"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=POLICY)
        say({
            "sender": envelope.mail_from, "recipients": ",".join(envelope.rcpt_tos), "from": message["from"], "to": message["to"],
            "subject": message["subject"], "id": message["message-id"], "automatic": message["auto-submitted"],
            "language": message["content-language"],
            "head": "\n".join(f"{name}: {value}" for name, value in message.items()),
            "text": message.get_body(("plain",)).get_content(), "html": message.get_body(("html",)).get_content(),
        })
        return "250 OK"


def say(values):
    print(json.dumps(values), flush=True)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Handler(), hostname="peer.example", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


asyncio.run(main())
