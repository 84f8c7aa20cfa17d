# SPDX-License-Identifier: Apache-2.0
"""Side by side on two cores: our generator and wrk against nginx, our mock and nginx under our generator.

Servers on the first core, clients on the second (where each has two threads, both on both), tools in turn within a round, CPU time from the kernel's
books. Prints each round, the medians, and the ratios. Every answer is proven before a figure counts.
"""

import base64
import concurrent.futures
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM, WHAT, ROUNDS, SECONDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SERVER_CORE, CLIENT_CORE, BOTH_CORES = "0", "1", "0,1"
CONNECTIONS = 64
WORK = tempfile.mkdtemp(prefix="meterproof-bench-")
STARTING = threading.Lock()
TICK = os.sysconf("SC_CLK_TCK")
REPLY = ('{"ResultCode":1,"Message":"","DataList":[{"MeterAddr":"990000000000","UnitPrice":2.61,"Remnant":68.68,'
         '"RemnantTime":"2026-01-10 00:09:00","ValveMode":1,"LastPayMoney":100.00,"LastPayTime":"2026-01-03 18:20:00"}]}')
PATH = "/api/Meters/GetData"


def pinned(cores, *command, **options):
    return subprocess.Popen(["taskset", "-c", cores, *command], **options)


def cpu_of(pid):
    """Seconds of processor time that a process has taken so far."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    name = "nginx"

    def __init__(self, workers=1):
        self.port = free_port()
        with open(f"{WORK}/nginx.conf", "w") as conf:
            conf.write(f"""
worker_processes {workers}; daemon off; pid {WORK}/nginx.pid; error_log {WORK}/nginx.log crit;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 300; default_type application/json;
  client_body_temp_path {WORK}/body; proxy_temp_path {WORK}/proxy; fastcgi_temp_path {WORK}/f; uwsgi_temp_path {WORK}/u; scgi_temp_path {WORK}/s;
  server {{ listen 127.0.0.1:{self.port}; location / {{ return 200 '{REPLY}'; }} }} }}
""")
        self.process = pinned(SERVER_CORE if workers == 1 else BOTH_CORES, "nginx", "-c", f"{WORK}/nginx.conf", "-e", f"{WORK}/nginx.log", stderr=subprocess.DEVNULL)
        wait_for(self.port)
        self.pids = [int(one) for one in subprocess.check_output(["pgrep", "-P", str(self.process.pid)]).split()]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Mock:
    def __init__(self, name, *options, cores=SERVER_CORE):
        self.name, self.port = name, free_port()
        self.process = pinned(cores, PROGRAM, "mock", "--port", str(self.port), *options, stdout=subprocess.DEVNULL)
        wait_for(self.port)
        self.pids = [self.process.pid]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def wait_for(port):
    for _ in range(500):
        if subprocess.run(["curl", "-s", "-o", os.devnull, f"http://127.0.0.1:{port}/"]).returncode == 0:
            return
        time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


def timed(command, cores=CLIENT_CORE):
    """Runs it on the client's core: its output and its processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["taskset", "-c", cores, *command], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def meterproof(port, *options, verified=True, seconds=None, cores=CLIENT_CORE):
    """One load of ours: (requests, replies a second, CPU us a request of ours). `rate` of the record counts good replies only."""
    record_file = f"{WORK}/record.json"
    # The start-up is not part of a request: a run of next to no time is taken off.
    base = [PROGRAM, "load", f"http://127.0.0.1:{port}", "--connections", str(CONNECTIONS), "--warm-up", "0", "--json", record_file, *options]
    if os.path.exists(record_file):
        os.remove(record_file)  # that of a load before says nothing of this one
    done, cpu = timed([*base, "--duration", f"{seconds or SECONDS}s"], cores)
    if not os.path.exists(record_file):
        sys.exit(done.stderr)
    record = json.load(open(record_file))
    good = record["requests"] if verified else record["good"]
    if record["requests"] != record["replies"] or set(record["result_codes"]) != {"1"} or record["good"] != good:
        sys.exit(f"the answers are not what they should be:\n{done.stdout}")
    if any("the generator" not in str(note).lower() for note in record.get("notes", [])):  # an irregular reply is read on a slower path
        sys.exit(f"the answers are noted:\n{done.stdout}")
    return record["requests"], record["replies"] / record["duration_s"], record["cpu_us_per_request"]


def wrk(port, body, authorization="ZGVtbzoyMDI2MDExMDAwMDkwMA==", threads=1):
    """wrk with one fixed request, whose token is wrong; nothing checked."""
    script = f"{WORK}/fixed.lua"
    with open(script, "w") as lua:
        lua.write(f"""wrk.method = "POST"
wrk.body = [[{body}]]
wrk.path = "{PATH}"
wrk.headers["Content-Type"] = "application/json;charset=utf-8"
wrk.headers["AccessToken"] = "5f4dcc3b5aa765d61d8327deb882cf99"
wrk.headers["Authorization"] = "{authorization}"
""")
    done, cpu = timed(["wrk", f"-t{threads}", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, f"http://127.0.0.1:{port}"],
                      CLIENT_CORE if threads == 1 else BOTH_CORES)
    requests = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(done.stdout)
    return requests, float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1)), cpu * 1e6 / requests


def a_body():
    """A report of a generated meter, 500 bytes or so."""
    return json.dumps({"UserCode": "F00000000", "UserName": "模拟用户", "MeterAddr": "990000000000", "ReadNumber": 1234.567, "Voltage": 3.58, "ValveState": 1,
                       "MeterCSQ": 23, "RSRP": -92.5, "SNR": 11.2, "CC": 1, "MeterStatus": "正常", "BatteryState": 0, "ReadDate": "2026-01-10 00:09:00",
                       "PeriodDosage": 0.123, "Reserve": 100.00}, ensure_ascii=False)


def show(name, rounds):
    rates = [rate for _, rate, _ in rounds]
    costs = [cost for _, _, cost in rounds]
    print(f"{name:32} {statistics.median(costs):6.2f} us/request  {statistics.median(rates):8.0f}/s   rounds: " + " ".join(f"{cost:.2f}" for cost in costs))
    return statistics.median(costs), statistics.median(rates)


def paired_ratio(ours, theirs, index):
    """The median of the rounds' ratios: both sides of one met the same machine."""
    return statistics.median(a[index] / b[index] for a, b in zip(ours, theirs))


def apps_file(count):
    path = f"{WORK}/apps"
    with open(path, "w") as apps:
        apps.writelines(f"app{i:06}:secret-of-{i:06}\n" for i in range(count))
    return path


class Gaps:
    """A server that takes the time of every request."""

    def __init__(self, frozen=0):
        self.process = pinned(SERVER_CORE, os.path.join(os.path.dirname(PROGRAM), "bench", "meterproof_arrival_gaps"), str(frozen), REPLY, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def seen(self):
        self.process.terminate()
        return json.loads(self.process.communicate()[0])


def open_loop(port, *options):
    """One run at a rate; its record."""
    record_file = f"{WORK}/open.json"
    done, _ = timed([PROGRAM, "load", f"http://127.0.0.1:{port}", "--app", "demo:demo-secret", "--timestamps", "shared", "--meters", "1", "--json", record_file, *options])
    if done.returncode not in (0, 4) or not os.path.exists(record_file):
        sys.exit(done.stdout + done.stderr)
    return json.load(open(record_file))


def bench_pacing():
    for arrival in ("even", "poisson"):
        variations = []
        for _ in range(ROUNDS):
            server = Gaps()
            open_loop(server.port, "--rate", "5000", "--duration", f"{SECONDS}s", "--arrival", arrival)
            variations.append(server.seen()["variation"])
        wanted = "below 0.3" if arrival == "even" else "about 1"
        print(f"gaps at 5,000/s, {arrival}, as the server sees them: coefficient of variation {statistics.median(variations):.3f} ({wanted})   rounds: "
              + " ".join(f"{one:.3f}" for one in variations))
    server = Gaps(1)
    frozen = open_loop(server.port, "--rate", "1000", "--duration", "36s", "--warm-up", "0")
    server.seen()
    print(f"a server frozen 1 s in 6: p99 {frozen['response_time_ms']['p99']:.0f} ms from the intended moment (true: about 940), {frozen['service_time_ms']['p99']:.0f} ms from the sending")
    wrk2_agrees()
    server = Gaps()
    fast = open_loop(server.port, "--rate", "20000", "--duration", f"{2 * SECONDS}s")
    server.seen()
    late = 100 * fast["late_sends"] / fast["requests"]
    print(f"at 20,000/s: achieved {fast['rate']:.1f}/s ({100 * (fast['rate'] / 20000 - 1):+.3f} %), {late:.2f} % of sends over 1 ms late, p99 queueing delay {fast['queueing_delay_ms']['p99']:.3f} ms")
    server = Gaps()
    many = open_loop(server.port, "--rate", "10000", "--duration", f"{2 * SECONDS}s", "--connections", "10000")
    server.seen()
    print(f"10,000 connections: {many['connections']} open, {many['rate']:.1f}/s of 10,000, p99 {many['response_time_ms']['p99']:.3f} ms, {len(many['errors'])} kinds of errors")


def as_wrk2(port, rate, seconds, connections=64):
    """wrk2's way in a few lines: each connection has a schedule of its own, and a latency begins when its request was due. Sorted, in ms."""
    body = a_body().encode()
    request = (f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
    latencies = []

    def one(number):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            for turn in range(int(rate * seconds / connections)):
                due = begin + (turn + number / connections) * connections / rate
                time.sleep(max(0, due - time.monotonic()))
                connection.sendall(request)
                reply = connection.recv(65536)
                while reply and not reply.endswith(b"}"):
                    reply += connection.recv(65536)
                if not reply.startswith(b"HTTP/1.1 200"):
                    return  # too few latencies tell
                latencies.append(1000 * (time.monotonic() - due))

    begin = time.monotonic() + 0.2
    threads = [threading.Thread(target=one, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(latencies) != connections * int(rate * seconds / connections):
        sys.exit(f"wrk2's way got {len(latencies)} good replies of {rate * seconds}")
    return sorted(latencies)


def wrk2_agrees():
    """The same frozen server, measured wrk2's way and ours."""
    server = Gaps(1)
    ours = open_loop(server.port, "--rate", "1000", "--duration", "39s", "--warm-up", "0")["response_time_ms"]
    server.seen()
    server = Gaps(1)
    theirs = as_wrk2(server.port, 1000, 39)
    server.seen()
    print("a server frozen 1 s in 6, ours and wrk2's way: " +
          ", ".join(f"{name} {ours[name]:.1f} and {theirs[min(len(theirs) - 1, int(share * len(theirs)))]:.1f} ms" for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1))))


def bench_soak():
    """MINUTES (30) at 1,000/s against the mock: does the memory of either grow?"""
    minutes = int(os.environ.get("MINUTES", "30"))
    mock = Mock("mock", "--app", "demo:demo-secret", "--replay-protection", "off")
    load = pinned(CLIENT_CORE, PROGRAM, "load", f"http://127.0.0.1:{mock.port}", "--app", "demo:demo-secret", "--timestamps", "shared", "--rate", "1000", "--meters", "1000",
                  "--duration", f"{minutes}m", "--json", f"{WORK}/soak.json", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sizes = []
    for _ in range(6):
        time.sleep(minutes * 60 / 6 - 2)
        sizes.append((resident_kib(load.pid), resident_kib(mock.pids[0])))
    load.wait()
    mock.stop()
    record = json.load(open(f"{WORK}/soak.json"))
    if record["good"] != record["requests"]:
        sys.exit(f"of {record['requests']} requests {record['good']} were answered as they should be")
    print(f"soak of {minutes} minutes: {record['good']:,} good replies of {record['requests']:,}; MiB of the generator and of the mock, six times: "
          + ", ".join(f"{ours / 1024:.1f} {theirs / 1024:.1f}" for ours, theirs in sizes))


def bench_many_meters():
    """Ten million meters: memory, start, and what a request costs beside a thousand."""
    server = Gaps()
    costs = {}
    for meters in (1000, 10_000_000):
        begin = time.time()
        child = subprocess.Popen(["taskset", "-c", str(CLIENT_CORE), PROGRAM, "load", f"http://127.0.0.1:{server.port}", "--app", "demo:demo-secret", "--timestamps", "shared",
                                  "--meters", str(meters), "--duration", f"{SECONDS}s", "--json", f"{WORK}/meters.json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        record = json.load(open(f"{WORK}/meters.json"))
        costs[meters] = record["cpu_us_per_request"]
        print(f"{meters:,} meters: {usage.ru_maxrss / 1024:.0f} MiB at the most, {time.time() - begin - record['duration_s']:.1f} s beside the run, {costs[meters]:.2f} us/request")
    server.seen()
    print(f"ratio 10,000,000/1,000 meters {costs[10_000_000] / costs[1000]:.2f}   CPU per request")


def bench_load():
    nginx = Nginx()
    apps = apps_file(2000)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        # One meter: the fixed reply names it, so that every verification goes through.
        ours.append(meterproof(nginx.port, "--apps", apps, "--timestamps", "unique", "--meters", "1"))
        theirs.append(wrk(nginx.port, a_body()))
    nginx.stop()
    show("meterproof, nginx's reply", ours)
    show("wrk, a fixed request", theirs)
    print(f"ratio generator/wrk {paired_ratio(ours, theirs, 2):.2f}   CPU per request")
    print(f"ratio generator/wrk {paired_ratio(ours, theirs, 1):.2f}   requests per second, closed loop")
    bench_pacing()
    bench_many_meters()


# So many that each meter's report is newer than its last, by the second, and settles: with fewer, most are late repeats that change nothing.
METERS = 200_000


def server_cost(server, *options, verified=True, cores=CLIENT_CORE):
    """(requests, replies a second, CPU us a request of the server) under our generator."""
    before = sum(map(cpu_of, server.pids))
    requests, rate, _ = meterproof(server.port, *options, verified=verified, cores=cores)
    return requests, rate, (sum(map(cpu_of, server.pids)) - before) * 1e6 / requests


def refused_cost(server):
    """The same for requests whose token is wrong, all else is right. Under wrk: `load` ends where every appId is refused."""
    now = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 8 * 3600))
    authorization = base64.b64encode(f"app000000:{now}".encode()).decode()
    answer = json.loads(subprocess.check_output(["curl", "-s", "-H", "AccessToken: 5f4dcc3b5aa765d61d8327deb882cf99", "-H", f"Authorization: {authorization}",
                                                 "-H", "Content-Type: application/json;charset=utf-8", "-d", a_body(), f"http://127.0.0.1:{server.port}{PATH}"]))
    if answer["ResultCode"] != -202:
        sys.exit(f"a wrong token was answered {answer}")
    before = sum(map(cpu_of, server.pids))
    requests, rate, _ = wrk(server.port, a_body(), authorization)
    return requests, rate, (sum(map(cpu_of, server.pids)) - before) * 1e6 / requests


def prove_settled(port, begin):
    """The last reports of some generated meters are what the mock's state shows."""
    data = json.loads(subprocess.check_output(["curl", "-s", f"http://127.0.0.1:{port}/_mock/data?limit=100"]))
    read = [row for row in data["meter"] if row["MeterAddr"].startswith("99")]
    if not read or any(row.get("ReadDate", "") < begin or float(row["ReadNumber"]) <= 0 for row in read):
        sys.exit(f"the reports did not change the mock's state: {read[:1]}")


def accepted_cost(apps, meters):
    """The same of a fresh mock, whose timestamps are all free, for reports that it accepts and settles."""
    mock = Mock("mock", "--apps", apps, "--generate-meters", str(meters))
    begin = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600))
    cost = server_cost(mock, "--apps", apps, "--timestamps", "unique", "--meters", str(meters))
    prove_settled(mock.port, begin)
    mock.stop()
    return cost


def bench_mock():
    apps = apps_file(2000)
    mock = Mock("mock", "--apps", apps, "--generate-meters", str(METERS))
    nginx = Nginx()
    signed = ["--timestamps", "unique", "--meters", str(METERS)]
    accepted, few, refused, fixed = [], [], [], []
    for _ in range(ROUNDS):
        accepted.append(accepted_cost(apps, METERS))
        fixed.append(server_cost(nginx, "--apps", apps, *signed, verified=False))  # its reply names one meter of all
        refused.append(refused_cost(mock))
        few.append(accepted_cost(apps, 1000))
    mock.stop()
    nginx.stop()
    show(f"mock, reports of {METERS:,} meters", accepted)
    show("mock, reports of 1,000 meters", few)
    show("mock, wrong tokens", refused)
    show("nginx, return 200", fixed)
    print(f"ratio mock/nginx {paired_ratio(accepted, fixed, 2):.2f}   CPU per request, every report settles")
    print(f"ratio mock/nginx {paired_ratio(few, fixed, 2):.2f}   CPU per request, a thousand meters: most reports are repeats within a second")
    print(f"ratio refusal/acceptance {paired_ratio(refused, accepted, 2):.2f}   CPU per request")


def bench_threads():
    """One thread and two, of each side. There are two cores for all of it, so that a server and its clients are in each other's way: what counts is what the
    others come to under the same conditions."""
    apps = apps_file(2000)
    signed = ["--apps", apps, "--meters", str(METERS)]
    servers = {(name, threads): [] for name in ("mock", "nginx") for threads in (1, 2)}
    clients = {(name, threads): [] for name in ("meterproof load", "wrk") for threads in (1, 2)}
    for _ in range(ROUNDS):
        for threads in (1, 2):
            cores = SERVER_CORE if threads == 1 else BOTH_CORES
            mock = Mock("mock", "--threads", str(threads), "--apps", apps, "--generate-meters", str(METERS), cores=cores)
            # Two threads of the generator for either: one would be the limit.
            servers["mock", threads].append(server_cost(mock, *signed, "--threads", "2", cores=BOTH_CORES))
            mock.stop()
            nginx = Nginx(threads)
            servers["nginx", threads].append(server_cost(nginx, *signed, "--threads", "2", verified=False, cores=BOTH_CORES))
            nginx.stop()
        nginx = Nginx(2)
        for threads in (1, 2):
            cores = CLIENT_CORE if threads == 1 else BOTH_CORES
            # Each thread has a meter, and the fixed reply is that of one of them.
            clients["meterproof load", threads].append(
                meterproof(nginx.port, "--apps", apps, "--meters", str(threads), "--threads", str(threads), verified=threads == 1, cores=cores))
            clients["wrk", threads].append(wrk(nginx.port, a_body(), threads=threads))
        nginx.stop()
    for (name, threads), rounds in {**servers, **clients}.items():
        show(f"{name}, {threads} thread{'s' if threads > 1 else ''}", rounds)
    for name in ("mock", "nginx"):
        print(f"ratio {name}: two threads/one {paired_ratio(servers[name, 2], servers[name, 1], 1):.2f}   requests per second")
    for name in ("meterproof load", "wrk"):
        print(f"ratio {name}: two threads/one {paired_ratio(clients[name, 2], clients[name, 1], 1):.2f}   requests per second, against nginx with two workers")
    print(f"ratio mock/nginx, two threads each {paired_ratio(servers['mock', 2], servers['nginx', 2], 2):.2f}   CPU per request")
    print(f"ratio generator/wrk, two threads each {paired_ratio(clients['meterproof load', 2], clients['wrk', 2], 2):.2f}   CPU per request")


def compared(minutes, base_ms, other_ms, number):
    """One `load --against` of a mock that takes `other_ms` for a report, beside one that takes `base_ms`: the metrics that are worse or better, or None where
    it was not judged."""
    mocks, record_file = [], f"{WORK}/against-{other_ms}-{number}.json"
    for delay in (base_ms, other_ms):
        faults = f"{WORK}/faults-{number}-{delay}.json"
        with open(faults, "w") as file:
            json.dump([{"kind": "delay", "interface": "ReportData", "delay_ms": delay}], file)
        with STARTING:  # two would take the same free port
            mocks.append(Mock("mock", "--app", "demo:demo-secret", "--replay-protection", "off", "--faults", faults, cores=BOTH_CORES))
    base, other = mocks
    done = subprocess.run([PROGRAM, "load", f"http://127.0.0.1:{other.port}", "--against", f"http://127.0.0.1:{base.port}", "--app", "demo:demo-secret",
                           "--timestamps", "shared", "--rate", "100", "--seed", str(number), "--duration", f"{minutes}m", "--json", record_file], capture_output=True, text=True)
    for one in mocks:
        one.stop()
    if not os.path.exists(record_file):
        sys.exit(done.stderr)
    record = json.load(open(record_file))
    if record["exit_code"] not in (0, 1):
        return None
    return [f"{one['metric']} {one['verdict']}" for one in record["differences"] if one["verdict"] in ("worse", "better")]


def bench_against():
    """ROUNDS comparisons of MINUTES (10) of a target with itself, and as many with one that takes 21 ms for a report where the other takes 20; TOGETHER (4) at a
    time, beside BUSY (2) processes that do nothing but take time. How many raise an alarm, and how many find the slowdown?"""
    minutes, together = int(os.environ.get("MINUTES", "10")), int(os.environ.get("TOGETHER", "4"))
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(int(os.environ.get("BUSY", "2")))]
    try:
        for title, other_ms in (("with itself", 20), ("with one that is 5 % slower", 21)):
            with concurrent.futures.ThreadPoolExecutor(together) as pool:
                results = list(pool.map(lambda number, ms=other_ms: compared(minutes, 20, ms, number), range(1, ROUNDS + 1)))
            judged = [one for one in results if one is not None]
            told = [one for one in judged if one]
            print(f"{ROUNDS} comparisons {title}, {minutes} minutes each: {len(judged)} judged, {len(told)} tell a difference: "
                  + ("; ".join(", ".join(one) for one in told) or "–"))
    finally:
        for one in busy:
            one.kill()


def bench_memory():
    """Ten million requests: does the mock's memory stand still?"""
    mock = Mock("mock", "--app", "demo:demo-secret", "--replay-protection", "off")
    sizes = []
    for part in range(5):
        done = 0
        while done < 2_000_000:
            done += meterproof(mock.port, "--app", "demo:demo-secret", "--timestamps", "shared", seconds=10)[0]
        sizes.append(resident_kib(mock.pids[0]) // 1024)
    mock.stop()
    print("mock's memory after 2, 4, … 10 million requests, MiB: " + " ".join(map(str, sizes)))


def bench_all_of_mock():
    bench_mock()
    bench_memory()


{"load": bench_load, "mock": bench_all_of_mock, "threads": bench_threads, "against": bench_against, "soak": bench_soak}[WHAT]()
