#!/usr/bin/env python3
"""A Solr that answers as its replication handler does, and lies as it is told to.

usage: solr_server.py SCENARIO.json      prints its port, then serves until it is killed

The scenario's keys, all optional:
  snapshot     directory whose files are copied as a core's index
  previous     the "backup" section that is there before any request; "previous_now": as if it began just now
  seconds      how long a backup takes (0.3)
  certificate  PEM file with a key: serve HTTPS; "client_ca": require a client's certificate
  secret       what X-Alfresco-Search-Secret must be; else 403
  status       HTTP status of every answer; "location" goes with it as a header
  start        what ?command=backup answers instead of starting one (JSON), or "fail": the HTTP status of it
  result       merged into the "backup" section of a backup that ended
  without      keys that this section has not
  flat         named lists as arrays
  body         text of every answer
  lie          tell of success, and copy nothing
  partial      copy only half of each file
  skip         a file that is not copied
  delete_after keep only so many snapshots, one second after success was told
  restart      forget everything when the backup should have ended
  die_for      refuse connections for that many seconds after a backup was asked for
  hang_on_start  seconds until ?command=backup is answered
  slow         seconds that each answer takes
  silent       never tell of the new backup
"""
import datetime
import http.server
import json
import os
import shutil
import ssl
import sys
import threading
import time
import urllib.parse

scenario = json.load(open(sys.argv[1], encoding="utf-8"))
sections = {}  # by core
lock = threading.Lock()


def java_time(moment):
    return moment.strftime("%a %b %d %H:%M:%S UTC %Y")


def copy_index(location):
    moment = datetime.datetime.now(datetime.timezone.utc)
    target = f"{location}/snapshot.{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03}"
    os.mkdir(target)
    names = sorted(os.listdir(scenario["snapshot"]))
    for name in names:
        if name == scenario.get("skip") or name == "segments.gen":
            continue
        with open(f"{scenario['snapshot']}/{name}", "rb") as file:
            data = file.read()
        with open(f"{target}/{name}", "wb") as file:
            file.write(data[:len(data) // 2] if scenario.get("partial") else data)
    return len([name for name in names if name != "segments.gen"])


def delete_old(location, keep):
    time.sleep(1)
    for name in sorted(os.listdir(location), reverse=True)[keep:]:
        shutil.rmtree(f"{location}/{name}")


def make_backup(core, location):
    begun = datetime.datetime.now(datetime.timezone.utc)
    time.sleep(scenario.get("seconds", 0.3))
    if scenario.get("restart"):
        sections.clear()
        scenario.pop("previous", None)
        return
    files = 7 if scenario.get("lie") else copy_index(location)
    if scenario.get("silent"):
        return
    section = {"startTime": java_time(begun), "fileCount": files, "status": "success",
               "snapshotCompletedAt": java_time(datetime.datetime.now(datetime.timezone.utc)), "snapshotName": None}
    section.update(scenario.get("result", {}))
    with lock:
        sections[core] = {key: value for key, value in section.items() if key not in scenario.get("without", [])}
    if "delete_after" in scenario:
        delete_old(location, scenario["delete_after"])


def named_list(pairs):
    if not scenario.get("flat"):
        return pairs
    return [item for pair in pairs.items() for item in pair]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0" if "die_for" in scenario else "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, location=None):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        core = url.path.split("/")[-2]
        with open(sys.argv[1] + ".log", "a", encoding="utf-8") as log:
            log.write(self.path + "\n")
        time.sleep(scenario.get("slow", 0))
        if "secret" in scenario and self.headers.get("X-Alfresco-Search-Secret") != scenario["secret"]:
            self.answer(403, "Authentication failure")
        elif "status" in scenario:
            self.answer(scenario["status"], scenario.get("body", "no"), scenario.get("location"))
        elif "body" in scenario:
            self.answer(200, scenario["body"])
        elif query.get("command") == "backup":
            self.backup(core, query)
        elif query.get("command") == "details":
            details = {"indexSize": "5 KB", "isMaster": "true"}
            if scenario.pop("previous_now", False):
                scenario["previous"]["startTime"] = java_time(datetime.datetime.now(datetime.timezone.utc))
            with lock:
                section = sections.get(core, scenario.get("previous"))
            if section is not None:
                details["backup"] = named_list(section)
            self.answer(200, json.dumps({"responseHeader": named_list({"status": 0, "QTime": 1}),
                                         "details": named_list(details)}))
        else:
            self.answer(404, "not found")

    def backup(self, core, query):
        if "start" in scenario:
            self.answer(scenario.get("fail", 200), json.dumps(scenario["start"]))
            return
        threading.Thread(target=make_backup, args=(core, query["location"]), daemon=True).start()
        if scenario.get("hang_on_start"):
            time.sleep(scenario["hang_on_start"])
        self.answer(200, json.dumps({"responseHeader": {"status": 0, "QTime": 4}, "status": "OK"}))
        if "die_for" in scenario:
            threading.Thread(target=pause, daemon=True).start()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def serve(port):
    server = Server(("127.0.0.1", port), Handler)
    if "certificate" in scenario:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(scenario["certificate"])
        if "client_ca" in scenario:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(scenario["client_ca"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


# Nobody listens for a while: connections are refused, as when a server dies and is started again.
def pause():
    server.shutdown()
    server.server_close()
    time.sleep(scenario["die_for"])
    revived.set()


revived = threading.Event()
server = serve(0)
port = server.server_address[1]
print(port, flush=True)
server.serve_forever()
if revived.wait(60):
    server = serve(port)
    server.serve_forever()
