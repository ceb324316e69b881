#!/usr/bin/python3
"""A simulated RTSP camera: one H.264 file, looped without encoding it again, shared by all clients.

usage: rtsp-camera.py --file cam.mp4 [--second other.mp4] [--port 8554] [--path /yard] [--auth digest|basic]
User and password come in FORPOST_CAMERA_USER and FORPOST_CAMERA_PASSWORD; without them anybody may look.
Prints one line {"ready": url, ...}. Takes the commands stall, resume, garbage, second, first, kick and quit on standard
input, one a line, and ends when that closes, so that it never outlives whoever started it. `garbage`: the pictures'
bytes are noise until `resume`. `second`: from the next key frame on it is the other file, of any size, in the same
stream. The picture follows the clock: frame k of the loop is due at `started` + k / fps of the monotonic clock, and a
client that comes back sees what goes on now.
"""
import argparse
import json
import os
import sys
import threading
import time

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstRtsp', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

arguments = argparse.ArgumentParser()
arguments.add_argument('--file', required=True)
arguments.add_argument('--second')
arguments.add_argument('--port', default='8554')
arguments.add_argument('--path', default='/yard')
arguments.add_argument('--auth', choices=('digest', 'basic'), default='digest')
options = arguments.parse_args()
user = os.environ.get('FORPOST_CAMERA_USER')
password = os.environ.get('FORPOST_CAMERA_PASSWORD', '')
Gst.init(None)


def load(path):
    """All access units of the file as (bytes, pts, is key frame), and the stream's caps."""
    pipeline = Gst.parse_launch(
        'filesrc name=file ! qtdemux ! h264parse config-interval=-1 ! '
        'video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=sink sync=false'
    )
    pipeline.get_by_name('file').set_property('location', path)
    sink = pipeline.get_by_name('sink')
    pipeline.set_state(Gst.State.PLAYING)
    units, caps = [], None
    while (sample := sink.emit('pull-sample')) is not None:
        buffer = sample.get_buffer()
        caps = sample.get_caps().to_string()
        key = not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
        units.append((buffer.extract_dup(0, buffer.get_size()), buffer.pts, key))
    pipeline.set_state(Gst.State.NULL)
    return units, caps


class Footage:
    def __init__(self, path):
        self.units, self.caps = load(path)
        if len(self.units) < 2:
            sys.exit('there is no H.264 video in ' + path)
        self.first_pts = min(unit[1] for unit in self.units)
        self.frame_ns = round((max(unit[1] for unit in self.units) - self.first_pts) / (len(self.units) - 1))


first_footage = Footage(options.file)
second_footage = Footage(options.second) if options.second else None
chosen = first_footage
mode = 'run'
started = time.monotonic()


def noise(data):
    """The same length and the same kind of unit, but nothing in it that a decoder understands."""
    return data[:8] + os.urandom(max(0, len(data) - 8))


def pump(source, alive):
    """Pushes the frame that is due, in real time, beginning with the key frame just passed."""
    footage = chosen
    k = int((time.monotonic() - started) * 1e9 / footage.frame_ns)
    while not footage.units[k % len(footage.units)][2]:
        k -= 1
    last, last_pts, base, begun = None, -1, None, 0
    while alive.is_set():
        wait = started + k * footage.frame_ns / 1e9 - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        if base is None:
            base = source.get_current_running_time()
            if base is None or base == Gst.CLOCK_TIME_NONE:
                base = None
                time.sleep(0.01)
                continue
            begun = time.monotonic()
        if chosen is not footage and chosen.units[k % len(chosen.units)][2]:
            footage = chosen
            source.set_property('caps', Gst.Caps.from_string(footage.caps))
        count = len(footage.units)
        data, pts, key = footage.units[k % count]
        if mode == 'stall':  # send no pictures; RTSP still answers
            k, last = k + 1, None
            continue
        if last is None and not key:
            k += 1
            continue
        last = k
        buffer = Gst.Buffer.new_wrapped(noise(data) if mode == 'garbage' else data)
        # frames before the due one go out at once, so that no client waits for the next key frame
        due = base + int((started - begun) * 1e9) + (k - k % count) * footage.frame_ns + (pts - footage.first_pts)
        buffer.pts = last_pts = max(due, last_pts + 1_000_000)
        buffer.duration = footage.frame_ns
        if not key:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        if source.emit('push-buffer', buffer) != Gst.FlowReturn.OK:
            return
        k += 1


def configure(_factory, media):
    source = media.get_element().get_by_name('source')
    source.set_property('caps', Gst.Caps.from_string(chosen.caps))
    alive = threading.Event()
    alive.set()
    pumps = []

    def go(*_):
        if not pumps:
            pumps.append(threading.Thread(target=pump, args=(source, alive), daemon=True))
            pumps[0].start()

    source.connect('need-data', go)
    media.connect('unprepared', lambda *_: alive.clear())


def protect(server, factory):
    role = 'viewer'
    token = GstRtspServer.RTSPToken.new()
    token.set_string('media.factory.role', role)
    auth = GstRtspServer.RTSPAuth()
    if options.auth == 'basic':
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
    else:
        auth.add_digest(user, password, token)
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    permissions = GstRtspServer.RTSPPermissions.new()
    permissions.add_role(role)
    for permission in ('media.factory.access', 'media.factory.construct'):
        permissions.add_permission_for_role(role, permission, True)
    factory.set_permissions(permissions)
    server.set_auth(auth)


server = GstRtspServer.RTSPServer()
server.set_address('127.0.0.1')
server.set_service(options.port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    '( appsrc name=source is-live=true format=time max-bytes=0 ! h264parse ! '
    'rtph264pay name=pay0 pt=96 config-interval=-1 )'
)
factory.set_shared(True)
factory.set_latency(0)
factory.connect('media-configure', configure)
if user:
    protect(server, factory)
server.get_mount_points().add_factory(options.path, factory)
if server.attach(None) == 0:
    sys.exit(f'cannot listen on port {options.port}: another process uses it')
loop = GLib.MainLoop()


def remove_clients():
    server.client_filter(lambda *_: GstRtspServer.RTSPFilterResult.REMOVE)
    return False


def commands():
    global mode, chosen
    for line in sys.stdin:
        command = line.strip()
        if command == 'stall':
            mode = 'stall'
        elif command == 'resume':
            mode = 'run'
        elif command == 'garbage':
            mode = 'garbage'
        elif command == 'first':
            chosen = first_footage
        elif command == 'second' and second_footage:
            chosen = second_footage
        elif command == 'kick':
            GLib.idle_add(remove_clients)
        elif command == 'quit':
            break
    loop.quit()


threading.Thread(target=commands, daemon=True).start()
address = f'rtsp://127.0.0.1:{server.get_bound_port()}{options.path}'
fps = round(1e9 / first_footage.frame_ns, 3)
print(json.dumps({'ready': address, 'frames': len(first_footage.units), 'fps': fps, 'started': started}), flush=True)
loop.run()
