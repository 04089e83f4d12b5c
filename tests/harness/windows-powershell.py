#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""windows-powershell.py [--protocol VERSION]: `pwsh -sshs -NoLogo` as a client sees one on Windows, for tests on computers
without Windows and without PowerShell: CR LF, drive letters, no profile, a few commands. The layers are those of
plugin/psrp/PROTOCOL.md; what it answers was seen of PowerShell 7.6 on Linux, but for the directories."""
import base64
import html
import re
import struct
import sys
import uuid

SESSION_CAPABILITY, INIT_RUNSPACEPOOL, CREATE_PIPELINE = 0x10002, 0x10004, 0x21006
RUNSPACEPOOL_STATE, APPLICATION_PRIVATE_DATA = 0x21005, 0x21009
OUTPUT, ERROR_RECORD, PIPELINE_STATE, HOST_CALL, HOST_RESPONSE = 0x41004, 0x41005, 0x41006, 0x41100, 0x41101
COMPLETED, STOPPED, OPENED = 4, 3, 2
WRITE_LINE, SET_SHOULD_EXIT, READ_SECRET = 16, 6, 12

ERROR = """<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.ErrorRecord</T><T>System.Object</T></TN>
<ToString>%(message)s</ToString><MS><Obj N="Exception" RefId="1"><TN RefId="1"><T>System.Management.Automation.%(name)s</T>
<T>System.Exception</T><T>System.Object</T></TN><ToString>%(message)s</ToString><Props><S N="Message">%(message)s</S></Props></Obj>
<S N="TargetObject">%(target)s</S><S N="FullyQualifiedErrorId">%(name)s</S><Nil N="InvocationInfo" />
<I32 N="ErrorCategory_Category">13</I32><S N="ErrorCategory_Activity"></S><S N="ErrorCategory_Reason">%(name)s</S>
<S N="ErrorCategory_TargetName">%(target)s</S><S N="ErrorCategory_TargetType">String</S>
<S N="ErrorCategory_Message">ObjectNotFound: (%(target)s:String) [], %(name)s</S><B N="SerializeExtendedInfo">false</B></MS></Obj>"""

protocol = sys.argv[sys.argv.index("--protocol") + 1] if "--protocol" in sys.argv else "2.4"
directory, succeeded, native = r"C:\Users\me", True, None
native_was, waiting, queue = None, None, []
pool, last_object = uuid.UUID(int=0), 0


def say(line):
    sys.stdout.write(line + "\r\n")
    sys.stdout.flush()


def escape(text):
    text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    text = re.sub("[\0-\x1f\x7f-\x9f]", lambda found: "_x%04X_" % ord(found[0]), text)
    return html.escape(text, quote=False)


def unescape(text):
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), html.unescape(text))


def string(text):
    return "<S>%s</S>" % escape(text)


def boolean(value):
    return "<B>%s</B>" % str(value).lower()


def send(kind, body, pipeline=uuid.UUID(int=0)):
    global last_object
    last_object += 1
    message = struct.pack("<II", 1, kind) + pool.bytes_le + pipeline.bytes_le
    if body is not None:
        message += b"\xef\xbb\xbf" + body.encode()
    fragment = struct.pack(">QQBI", last_object, 0, 3, len(message)) + message
    say("<Data Stream='Default' PSGuid='%s'>%s</Data>" % (pipeline, base64.b64encode(fragment).decode()))


def call_host(pipeline, method, parameters, call=-100):
    send(HOST_CALL, '<Obj RefId="0"><MS><I64 N="ci">%d</I64><Obj N="mi" RefId="1"><I32>%d</I32></Obj><Obj N="mp" RefId="2"><LST>'
         "%s</LST></Obj></MS></Obj>" % (call, method, parameters), pipeline)


def end(pipeline, state=COMPLETED):
    send(PIPELINE_STATE, '<Obj RefId="0"><MS><I32 N="PipelineState">%d</I32></MS></Obj>' % state, pipeline)


class Pipeline:
    """One CREATE_PIPELINE: what it runs, and where its output goes."""

    def __init__(self, guid, body):
        self.guid = guid
        names = [unescape(name) for name in re.findall(r'<S N="Cmd">(.*?)</S>', body, re.S)]
        self.text, self.shown = names[0], names[1:] == ["Out-Default"]

    def write(self, text):
        if self.shown:
            call_host(self.guid, WRITE_LINE, string(text))
        else:
            send(OUTPUT, string(text), self.guid)

    def fail(self, message, name):
        global succeeded
        succeeded = False
        if self.shown:
            call_host(self.guid, WRITE_LINE, string(message))
            return
        send(ERROR_RECORD, ERROR % {"message": escape(message), "name": name, "target": escape(self.text)}, self.guid)


def run_status(pipeline):
    global native_was
    for value in (boolean(succeeded), boolean(native is not native_was), "<I32>%d</I32>" % (native or [0])[0], string(directory),
                  string("PS %s> " % directory), string("")):
        send(OUTPUT, value, pipeline.guid)
    native_was = native


def run_one(pipeline, statement):
    global directory, succeeded, native
    words = statement.split()
    if statement.lower() == "hostname":
        pipeline.write("WINBOX")
        native = [0]
    elif words[0] == "cd":
        directory = words[1]
    elif statement == "$PWD.Path":
        pipeline.write(directory)
    elif statement.startswith("cmd /c exit "):
        native = [int(words[-1])]
        succeeded = native == [0]
    elif words[0] == "exit":
        call_host(pipeline.guid, SET_SHOULD_EXIT, "<I32>%s</I32>" % words[1])
    elif words[0].startswith(("'", '"')):
        pipeline.write(statement.strip("'\""))
    else:
        name = words[0]
        pipeline.fail("The term '%s' is not recognized as a name of a cmdlet, function, script file, or executable program." % name,
                      "CommandNotFoundException")


def run(pipeline):
    global waiting, succeeded
    if "$global:__pss" in pipeline.text:
        run_status(pipeline)
        end(pipeline.guid)
    elif pipeline.text == "Read-Host -AsSecureString":
        waiting = pipeline
        call_host(pipeline.guid, READ_SECRET, "", 1)
    else:
        succeeded = True
        for statement in filter(None, map(str.strip, pipeline.text.split(";"))):
            run_one(pipeline, statement)
        end(pipeline.guid)


def run_queue():
    while queue and not waiting:
        run(queue.pop(0))


def take_message(message, pipeline):
    global pool, waiting
    kind, body = struct.unpack("<I", message[4:8])[0], message[40:].decode()
    if kind == SESSION_CAPABILITY:
        pool = uuid.UUID(bytes_le=message[8:24])
        send(SESSION_CAPABILITY, '<Obj RefId="0"><MS><Version N="protocolversion">%s</Version><Version N="PSVersion">2.0</Version>'
             '<Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>' % protocol)
    elif kind == INIT_RUNSPACEPOOL:
        send(APPLICATION_PRIVATE_DATA, '<Obj RefId="0"><MS><Obj N="ApplicationPrivateData" RefId="1"><TN RefId="0">'
             '<T>System.Management.Automation.PSPrimitiveDictionary</T><T>System.Collections.Hashtable</T><T>System.Object</T></TN>'
             '<DCT></DCT></Obj></MS></Obj>')
        send(RUNSPACEPOOL_STATE, '<Obj RefId="0"><MS><I32 N="RunspaceState">%d</I32></MS></Obj>' % OPENED)
    elif kind == CREATE_PIPELINE:
        queue.append(Pipeline(pipeline, body))
        run_queue()
    elif kind == HOST_RESPONSE and waiting:
        end(waiting.guid)
        waiting = None
        run_queue()


messages = {}


def take_data(text, pipeline):
    data = base64.b64decode(text)
    while data:
        number, _, flags, n = struct.unpack(">QQBI", data[:21])
        messages.setdefault(number, bytearray()).extend(data[21:21 + n])
        data = data[21 + n:]
        if flags & 2:
            take_message(bytes(messages.pop(number)), pipeline)


def take_signal(pipeline):
    global waiting
    if waiting and waiting.guid == pipeline:
        waiting = None
        end(pipeline, STOPPED)
        run_queue()


sys.stdin.reconfigure(encoding="utf-8")
for line in sys.stdin:
    for kind, guid, text in re.findall(r"<(Data|Command|Close|Signal)[^>]*?PSGuid='([^']*)'\s*(?:/>|>(?:([^<]*)</Data>)?)", line):
        say("<%sAck PSGuid='%s' />" % (kind, guid))
        if kind == "Data":
            take_data(text, uuid.UUID(guid))
        elif kind == "Signal":
            take_signal(uuid.UUID(guid))
