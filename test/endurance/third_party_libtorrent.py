"""Shares one torrent with libtorrent and tells in JSON lines what it knows: python3 FILE TORRENT FOLDER PORT.

Ends when standard input does.
"""
import json
import select
import sys
import time

import libtorrent as lt


def tell(**what):
    print(json.dumps(what), flush=True)


torrent, folder, port = sys.argv[1:4]
info = lt.torrent_info(torrent)
hashes = info.info_hashes()
tell(v1=str(hashes.v1) if hashes.has_v1() else None, v2=str(hashes.v2) if hashes.has_v2() else None, private=info.priv())
if port == "0":
    sys.exit()
session = lt.session({
    "listen_interfaces": f"127.0.0.1:{port}",
    "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
    "allow_multiple_connections_per_ip": True,
    "alert_mask": lt.alert.category_t.tracker_notification | lt.alert.category_t.error_notification,
})
handle = session.add_torrent({"ti": info, "save_path": folder})
handle.scrape_tracker()
done = False
while not select.select([sys.stdin], [], [], 0)[0]:
    for alert in session.pop_alerts():
        if isinstance(alert, lt.tracker_reply_alert):
            tell(announced=alert.tracker_url(), peers=alert.num_peers)
        elif isinstance(alert, lt.scrape_reply_alert):
            tell(scraped=alert.tracker_url(), complete=alert.complete, incomplete=alert.incomplete)
        elif isinstance(alert, (lt.tracker_error_alert, lt.scrape_failed_alert)):
            tell(failed=alert.message())
    if not done and handle.status().is_seeding:
        done = True
        tell(done=True)
    time.sleep(0.1)
