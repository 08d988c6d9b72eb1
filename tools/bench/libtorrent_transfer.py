# libtorrent_transfer.py seed|fetch TORRENT FOLDER [PORT]: one end of a transfer over loopback, for the benchmark.
# Says "ready PORT" (seed) or "done SECONDS" (fetch), and ends when its standard input does.
import sys
import time

import libtorrent

if sys.argv[1:] == ['version']:
    print(libtorrent.version)
    sys.exit()
role, torrent, folder = sys.argv[1:4]
session = libtorrent.session({
    'listen_interfaces': '127.0.0.1:0',
    'enable_outgoing_utp': False,
    'enable_incoming_utp': False,
    'enable_dht': False,
    'enable_lsd': False,
    'enable_upnp': False,
    'enable_natpmp': False,
    'allow_multiple_connections_per_ip': True,
    'in_enc_policy': 2,
    'out_enc_policy': 2,
    'max_out_request_queue': 2000,
    'max_allowed_in_request_queue': 4000,
    'request_queue_time': 10,
    'whole_pieces_threshold': 20,
    'send_buffer_watermark': 16 * 1024 * 1024,
    'send_buffer_low_watermark': 1024 * 1024,
    'send_buffer_watermark_factor': 200,
    'max_queued_disk_bytes': 64 * 1024 * 1024,
    'aio_threads': 4,
    'hashing_threads': 2,
})
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
parameters.flags = libtorrent.torrent_flags.seed_mode if role == 'seed' else libtorrent.torrent_flags.default_flags
parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
handle = session.add_torrent(parameters)
if role == 'seed':
    while session.listen_port() == 0:
        time.sleep(0.01)
    print('ready', session.listen_port(), flush=True)
else:
    while handle.status().state not in (libtorrent.torrent_status.downloading, libtorrent.torrent_status.downloading_metadata):
        time.sleep(0.005)
    started = time.monotonic()
    handle.connect_peer(('127.0.0.1', int(sys.argv[4])))
    while not handle.status().is_seeding:
        time.sleep(0.005)
    print('done', time.monotonic() - started, flush=True)
sys.stdin.read()
