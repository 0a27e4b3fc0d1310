// Command loadtable measures the server as a whole process and prints the table of docs/performance.md: it starts a
// fresh server for each row, loads it with rivero-load, and measures the floor (SRTP and sendmmsg of the same packets
// in a tight loop) right beside it. `make bench` runs it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

func main() {
	server := flag.String("server", "bin/rivero", "server `program`")
	load := flag.String("load", "bin/rivero-load", "load tester `program`")
	window := flag.Duration("duration", 10*time.Second, "measuring window of a row")
	rounds := flag.Int("rounds", 3, "how often each row is measured; medians are printed")
	flag.Parse()
	b := bench{server: *server, load: *load, window: *window, rounds: *rounds}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "loadtable:", err)
		os.Exit(1)
	}
}

type bench struct {
	server, load string
	window       time.Duration
	rounds       int
}

// report is what this program reads of rivero-load's JSON.
type report struct {
	Failed      int     `json:"failed"`
	LossPercent float64 `json:"loss_percent"`
	Latency     struct {
		P50 float64 `json:"p50_ms"`
		P99 float64 `json:"p99_ms"`
	} `json:"latency"`
	FirstVideo struct {
		P50 float64 `json:"p50_ms"`
	} `json:"first_video"`
	Server struct {
		PerPacket  float64 `json:"cpu_us_per_packet"`
		Percent    float64 `json:"cpu_percent"`
		PerCall    float64 `json:"rss_per_call_bytes"`
		IdleMemory float64 `json:"rss_before_bytes"`
		Connected  float64 `json:"rss_connected_bytes"`
		End        float64 `json:"rss_end_bytes"`
	} `json:"server"`
	Guests          int `json:"guests"`
	PictureInterval struct {
		P50 float64 `json:"p50_ms"`
		P99 float64 `json:"p99_ms"`
		Max float64 `json:"max_ms"`
	} `json:"picture_interval"`
	Setups []struct {
		Phase     string  `json:"phase"`
		PerSecond float64 `json:"per_second"`
	} `json:"setups"`
}

func (b bench) run() error {
	fmt.Println("| load | server CPU µs/packet | floor µs/packet | ratio | RSS MiB/call | loss % | latency ms p50 / p99 | first video ms p50 |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, viewers := range []int{1, 10, 50, 100} {
		name := fmt.Sprintf("1 publisher → %d viewers", viewers)
		if err := b.row(name, viewers, "-mode", "fanout", "-viewers", strconv.Itoa(viewers)); err != nil {
			return err
		}
	}
	if err := b.row("20 loopback calls", 1, "-mode", "loopback", "-calls", "20"); err != nil {
		return err
	}
	// At full bitrate the peers would need more than two cores: this row is about memory.
	if err := b.row("200 loopback calls of 100 kbit/s", 1, "-mode", "loopback", "-calls", "200", "-bitrate", "100000"); err != nil {
		return err
	}
	if err := b.others(); err != nil {
		return err
	}
	return b.composite()
}

// row measures one load and the floor for as many receivers of a packet, in turn, and prints the medians.
func (b bench) row(name string, receivers int, args ...string) error {
	var cpu, floor, ratio, memory, loss, p50, p99, first []float64
	for range b.rounds {
		r, err := b.measure(append(args, "-duration", b.window.String())...)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f, err := measureFloor(receivers)
		if err != nil {
			return err
		}
		cpu, floor = append(cpu, r.Server.PerPacket), append(floor, f)
		ratio = append(ratio, r.Server.PerPacket/f)
		memory = append(memory, r.Server.PerCall/(1<<20))
		loss = append(loss, r.LossPercent)
		p50, p99, first = append(p50, r.Latency.P50), append(p99, r.Latency.P99), append(first, r.FirstVideo.P50)
	}
	fmt.Printf("| %s | %.1f | %.1f | %.2f (%.2f–%.2f) | %.2f | %.3f | %.2f / %.2f | %.0f |\n", name,
		median(cpu), median(floor), median(ratio), slices.Min(ratio), slices.Max(ratio), median(memory), median(loss),
		median(p50), median(p99), median(first))
	return nil
}

// others measures what is not per packet.
func (b bench) others() error {
	var ping, idle []float64
	perSecond := map[string][]float64{}
	for range b.rounds {
		s, err := b.start()
		if err != nil {
			return err
		}
		ping = append(ping, float64(s.firstPing.Microseconds())/1000)
		s.stop()
		r, err := b.measure("-mode", "setup", "-calls", "4", "-duration", "5s")
		if err != nil {
			return err
		}
		idle = append(idle, r.Server.IdleMemory/(1<<20))
		for _, phase := range r.Setups {
			perSecond[phase.Phase] = append(perSecond[phase.Phase], phase.PerSecond)
		}
	}
	fmt.Println("\n| other | median |\n|---|---|")
	fmt.Printf("| first ping answered after exec | %.0f ms |\n", median(ping))
	fmt.Printf("| idle RSS | %.1f MiB |\n", median(idle))
	fmt.Printf("| pipelines with two endpoints created and released per second | %.0f |\n", median(perSecond["bare"]))
	fmt.Printf("| the same, negotiated | %.0f |\n", median(perSecond["negotiated"]))
	fmt.Printf("| the same, connected (ICE, DTLS; the peers on the same machine) | %.0f |\n", median(perSecond["connected"]))
	return nil
}

// compositeTime is how long guests come and go.
const compositeTime = 2 * time.Minute

// composite measures four members of a Composite of 1280x720 at 25 pictures a second, with a guest every second.
func (b bench) composite() error {
	folder, err := os.MkdirTemp("", "loadtable")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	clip := filepath.Join(folder, "clip.webm")
	ffmpeg := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-f", "lavfi", "-i", "sine",
		"-t", "10", "-c:v", "libvpx", "-b:v", "800k", "-g", "50", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus", clip)
	if out, err := ffmpeg.CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w\n%s", err, out)
	}
	r, err := b.measure("-mode", "composite", "-viewers", "4", "-clip", clip, "-duration", compositeTime.String())
	if err != nil {
		return err
	}
	fmt.Println("\n| Composite of 4, guests | picture interval ms p50 / p99 / max | % of a core | RSS MiB at first / at the end |\n|---|---|---|---|")
	fmt.Printf("| %d came and left in %v | %.1f / %.1f / %.1f | %.0f | %.0f / %.0f |\n", r.Guests, compositeTime,
		r.PictureInterval.P50, r.PictureInterval.P99, r.PictureInterval.Max, r.Server.Percent,
		r.Server.Connected/(1<<20), r.Server.End/(1<<20))
	return nil
}

// measure runs the load tester against a fresh server.
func (b bench) measure(args ...string) (*report, error) {
	s, err := b.start()
	if err != nil {
		return nil, err
	}
	defer s.stop()
	args = append(args, "-url", s.url, "-pid", strconv.Itoa(s.cmd.Process.Pid), "-json")
	var out, problems bytes.Buffer
	cmd := exec.Command(b.load, args...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", b.load, strings.Join(args, " "), err, &problems)
	}
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return nil, fmt.Errorf("%s printed %q: %w", b.load, &out, err)
	}
	if r.Failed > 0 {
		return nil, fmt.Errorf("%d calls failed", r.Failed)
	}
	return &r, nil
}

// process is a server that answers.
type process struct {
	cmd       *exec.Cmd
	folder    string
	url       string
	firstPing time.Duration // from exec to the answer
}

// start runs a server on a free port and waits for its first answer.
func (b bench) start() (*process, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	folder, err := os.MkdirTemp("", "loadtable")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "kurento.conf.json")
	text := fmt.Sprintf(`{"mediaServer":{"net":{"websocket":{"port":%d,"path":"kurento"}}}}`, port)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(b.server, "-f", file), folder: folder, url: fmt.Sprintf("ws://127.0.0.1:%d/kurento", port)}
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.ping(); err != nil {
		p.stop()
		return nil, err
	}
	p.firstPing = time.Since(begun)
	return p, nil
}

// ping tries until the server answers.
func (p *process) ping() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		c, _, err := websocket.DefaultDialer.DialContext(ctx, p.url, nil)
		if err == nil {
			defer c.Close()
			if err := c.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); err != nil {
				return err
			}
			_, answer, err := c.ReadMessage()
			if err == nil && !bytes.Contains(answer, []byte("pong")) {
				return fmt.Errorf("the server answers a ping with %s", answer)
			}
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-again.C:
		}
	}
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already, which Wait tells
	if err := p.cmd.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "loadtable: the server ended with", err)
	}
	os.RemoveAll(p.folder)
}

var floorMetric = regexp.MustCompile(`([0-9.]+) floor-µs/packet`)

// measureFloor runs the benchmark that protects and sends in a tight loop.
func measureFloor(receivers int) (float64, error) {
	name := fmt.Sprintf("BenchmarkFanOut/SRTP_AES128_CM_HMAC_SHA1_80/%d$", receivers)
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", name, "./elements/webrtc/transport").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("floor: %w\n%s", err, out)
	}
	m := floorMetric.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("floor: no figure in %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
