//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// links are bad networks between a browser and the server: UDP relays on loopback that lose, delay and hold back packets.
// A page makes them and changes them:
//
//	/link/new?to=HOST:PORT               a link to one socket of the server; answers its own port
//	/link/set?port=N&loss=P&burst=N&delay=MS&jitter=MS&rate=BPS  for both directions from now on; see quality
type links struct {
	t  *testing.T
	mu sync.Mutex
	by map[int]*link // by port
}

func newLinks(t *testing.T) *links {
	l := &links{t: t, by: map[int]*link{}}
	t.Cleanup(l.close)
	return l
}

// handle adds the links to what the pages can ask for.
func (l *links) handle(mux *http.ServeMux) {
	mux.HandleFunc("/link/new", func(w http.ResponseWriter, r *http.Request) {
		port, err := l.add(r.FormValue("to"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, port)
	})
	mux.HandleFunc("/link/set", func(w http.ResponseWriter, r *http.Request) {
		var q quality
		port, err := strconv.Atoi(r.FormValue("port"))
		for name, to := range map[string]*float64{"loss": &q.loss, "burst": &q.burst, "delay": &q.delay, "jitter": &q.jitter, "rate": &q.rate} {
			if text := r.FormValue(name); text != "" && err == nil {
				*to, err = strconv.ParseFloat(text, 64)
			}
		}
		l.mu.Lock()
		link := l.by[port]
		l.mu.Unlock()
		if err != nil || link == nil {
			http.Error(w, fmt.Sprintf("link %d: %v", port, err), http.StatusBadRequest)
			return
		}
		link.set(q)
	})
}

func (l *links) add(to string) (port int, err error) {
	server, err := net.ResolveUDPAddr("udp4", to)
	if err != nil {
		return 0, err
	}
	front, err := net.ListenUDP("udp4", &net.UDPAddr{IP: server.IP}) // the same host: the page's candidate names it
	if err != nil {
		return 0, err
	}
	k := &link{server: server, front: front, backs: map[string]*net.UDPConn{}, end: make(chan struct{})}
	for _, w := range []*way{&k.up, &k.down} {
		w.link, w.queue = k, make(chan delivery, 4096)
		k.work.Go(w.deliver)
	}
	port = front.LocalAddr().(*net.UDPAddr).Port
	l.mu.Lock()
	l.by[port] = k
	l.mu.Unlock()
	k.work.Go(k.run)
	return port, nil
}

func (l *links) close() {
	for _, k := range l.by {
		k.close()
	}
}

// quality of a link, the same in both directions.
type quality struct {
	loss   float64 // part of the packets
	burst  float64 // how many of them are lost one after the other, 0: one
	delay  float64 // ms
	jitter float64 // ms more for some, which then come after later ones
	rate   float64 // bit/s, 0: any
}

// longestQueue is how long a packet may wait for those before it; later ones are dropped, as by a router's buffer.
const longestQueue = 300 * time.Millisecond

type link struct {
	server *net.UDPAddr
	front  *net.UDPConn // what the browser talks to
	end    chan struct{}
	work   sync.WaitGroup

	mu       sync.Mutex
	backs    map[string]*net.UDPConn // to the server, one for each socket of the browser
	quality  quality
	up, down way
}

// way is one direction.
type way struct {
	link   *link
	free   time.Time // when the last packet has left; guarded by the link's mutex, as losing
	losing int       // packets of a burst that are still to be lost
	queue  chan delivery
}

// delivery is a packet on its way.
type delivery struct {
	packet []byte
	at     time.Time
	send   func([]byte)
}

func (k *link) set(q quality) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.quality = q
}

func (k *link) run() {
	buf := make([]byte, 2048)
	for {
		n, from, err := k.front.ReadFromUDP(buf)
		if err != nil {
			return
		}
		if back := k.back(from); back != nil {
			k.up.pass(buf[:n], func(p []byte) { _, _ = back.Write(p) })
		}
	}
}

// back is the socket that stands for one of the browser's towards the server.
func (k *link) back(browser *net.UDPAddr) *net.UDPConn {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c := k.backs[browser.String()]; c != nil {
		return c
	}
	c, err := net.DialUDP("udp4", nil, k.server)
	if err != nil {
		return nil
	}
	k.backs[browser.String()] = c
	k.work.Go(func() {
		buf := make([]byte, 2048)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			k.down.pass(buf[:n], func(p []byte) { _, _ = k.front.WriteToUDP(p, browser) })
		}
	})
	return c
}

// pass sends a packet when the link would have delivered it, if at all.
func (w *way) pass(p []byte, send func([]byte)) {
	k := w.link
	k.mu.Lock()
	q, now := k.quality, time.Now()
	if w.free.Before(now) {
		w.free = now
	}
	if w.losing == 0 && rand.Float64() < q.loss/max(q.burst, 1) {
		w.losing = int(max(q.burst, 1))
	}
	lost := w.losing > 0 || w.free.Sub(now) > longestQueue
	w.losing = max(w.losing-1, 0)
	if !lost && q.rate > 0 {
		w.free = w.free.Add(time.Duration(float64(len(p)*8) / q.rate * float64(time.Second)))
	}
	at := w.free.Add(time.Duration(q.delay * float64(time.Millisecond)))
	k.mu.Unlock()
	if lost {
		return
	}
	d := delivery{append([]byte(nil), p...), at, send}
	if q.jitter > 0 {
		d.at = at.Add(time.Duration(rand.Float64() * q.jitter * float64(time.Millisecond)))
		k.work.Go(func() { d.deliver(k.end) })
		return
	}
	select {
	case w.queue <- d:
	case <-k.end:
	}
}

// deliver hands a packet over when its time has come.
func (d delivery) deliver(end <-chan struct{}) {
	timer := time.NewTimer(time.Until(d.at))
	defer timer.Stop()
	select {
	case <-timer.C:
		d.send(d.packet)
	case <-end:
	}
}

// deliver hands packets over in their order, each at its time.
func (w *way) deliver() {
	for {
		select {
		case d := <-w.queue:
			d.deliver(w.link.end)
		case <-w.link.end:
			return
		}
	}
}

func (k *link) close() {
	close(k.end)
	k.front.Close()
	k.mu.Lock()
	for _, c := range k.backs {
		c.Close()
	}
	k.mu.Unlock()
	k.work.Wait()
}
