# libtorrent_crowd.py TORRENT FOLDER PORT seed|leech RATE: one client of a crowd, for the benchmark. Says "ready", then answers every line
# on its standard input with "COMPLETE SENT WASTED" (1 or 0, and bytes of the document), and ends with that input.
import sys
import time

import libtorrent

torrent, folder, port, role, rate = sys.argv[1:]
session = libtorrent.session({
    'listen_interfaces': f'127.0.0.1:{port}',
    'enable_outgoing_utp': False,
    'enable_incoming_utp': False,
    'enable_dht': False,
    'enable_lsd': False,
    'enable_upnp': False,
    'enable_natpmp': False,
    'allow_multiple_connections_per_ip': True,
    'in_enc_policy': 2,
    'out_enc_policy': 2,
    'upload_rate_limit': int(rate),
    'rate_limit_ip_overhead': False,
    'unchoke_slots_limit': 16,
    'connection_speed': 200,
    # Of all that was tried here a crowd is fastest with this: with the default of 3 s and 500 requests it takes a quarter longer.
    'request_queue_time': 1,
    'max_out_request_queue': 64,
})
# Peers on this machine are free of limits by default.
everybody = libtorrent.ip_filter()
everybody.add_rule('0.0.0.0', '255.255.255.255', 1 << libtorrent.session.global_peer_class_id)
session.set_peer_class_filter(everybody)
parameters = libtorrent.add_torrent_params()
parameters.ti = libtorrent.torrent_info(torrent)
parameters.save_path = folder
parameters.flags = libtorrent.torrent_flags.seed_mode if role == 'seed' else libtorrent.torrent_flags.default_flags
parameters.flags &= ~(libtorrent.torrent_flags.auto_managed | libtorrent.torrent_flags.paused)
while session.listen_port() == 0:
    time.sleep(0.01)
handle = session.add_torrent(parameters)
print('ready', flush=True)
for _ in sys.stdin:
    status = handle.status()
    print(int(status.is_seeding), status.all_time_upload, status.total_redundant_bytes + status.total_failed_bytes, flush=True)
