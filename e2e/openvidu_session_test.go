//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"
)

// A flow is what differs between the versions of openvidu-server.
type flow struct {
	name            string
	infoAtStart     bool     // getInfo tells it what media server this is
	coturn          bool     // it is configured, so its address is set on each endpoint
	serverOffers    bool     // to subscribers
	candidatesFirst bool     // of publishers IceCandidateFound is subscribed to before processOffer
	events          []string // that every WebRtcEndpoint is asked for
}

var flows = []flow{
	{
		name: "2.17", coturn: true, candidatesFirst: true,
		events: []string{
			"IceGatheringDone", "NewCandidatePairSelected", "IceComponentStateChange", "DataChannelOpen", "DataChannelClose",
			"ConnectionStateChanged", "MediaStateChanged", "MediaFlowInStateChange", "MediaFlowOutStateChange", "Error",
			"MediaTranscodingStateChange",
		},
	},
	{
		name: "2.32", infoAtStart: true, serverOffers: true,
		events: []string{
			"IceGatheringDone", "NewCandidatePairSelected", "IceComponentStateChanged", "DataChannelOpened", "DataChannelClosed",
			"ConnectionStateChanged", "MediaStateChanged", "MediaFlowInStateChanged", "MediaFlowOutStateChanged", "Error",
			"MediaTranscodingStateChanged",
		},
	},
}

// eachFlow runs a test as each version of openvidu-server.
func eachFlow(t *testing.T, test func(t *testing.T, f flow)) {
	for _, f := range flows {
		t.Run("openvidu "+f.name, func(t *testing.T) {
			t.Parallel()
			test(t, f)
		})
	}
}

// An openvidu is openvidu-server with one session, which is one pipeline.
type openvidu struct {
	*kms
	flow flow
	room string
}

// A participant publishes one stream; its PassThrough is what subscribers and recorders are connected to.
type participant struct {
	stream   string
	source   string // WebRtcEndpoint or PlayerEndpoint
	pass     string
	browser  *browser // nil: a camera
	errors   string   // subscription to them at the PassThrough
	watching []*subscription
}

// A subscription is one stream that a participant watches.
type subscription struct {
	name     string
	endpoint string
	browser  *browser
}

const serverManager = "manager_ServerManager"

// startOpenVidu connects and makes the session when its first participant comes.
func startOpenVidu(t *testing.T, f flow, ws *websocket.Conn) *openvidu {
	t.Helper()
	o := &openvidu{kms: connectTo(t, ws), flow: f}
	if pong := o.must("ping", object{"interval": 240000}); pong != "pong" {
		t.Errorf("ping answers %v", pong)
	}
	if f.infoAtStart {
		o.checkInfo()
	}
	o.room = o.create("MediaPipeline", object{})
	o.subscribe(o.room, "Error")
	return o
}

// checkInfo asks for what the REST interface shows of a media node.
func (o *openvidu) checkInfo() {
	o.t.Helper()
	o.must("describe", object{"object": serverManager})
	info, _ := o.invoke(serverManager, "getInfo", object{}).(object)
	for _, field := range []string{"version", "capabilities", "modules"} {
		if info[field] == nil {
			o.t.Errorf("getInfo has no %s: %v", field, info)
		}
	}
	if version, _ := info["version"].(string); strings.HasPrefix(version, "openvidu/mediasoup-controller") {
		o.t.Errorf("version %s is taken for mediasoup's", version)
	}
	modules, _ := info["modules"].([]any)
	for _, m := range modules {
		for _, field := range []string{"name", "version", "generationTime", "factories"} {
			if m.(object)[field] == nil {
				o.t.Errorf("module without %s: %v", field, m)
			}
		}
	}
	if used, _ := o.invoke(serverManager, "getUsedMemory", object{}).(float64); used <= 0 || len(modules) == 0 {
		o.t.Errorf("%v KiB used, %d modules", used, len(modules))
	}
}

// endpoint makes the endpoint for a browser's connection. Candidates that the browser has found already are given to it
// before the negotiation.
func (o *openvidu) endpoint(name string, c *candidates) string {
	o.t.Helper()
	e := o.create("WebRtcEndpoint", object{"mediaPipeline": o.room})
	if o.flow.coturn {
		o.invoke(e, "setStunServerAddress", object{"stunServerAddress": "127.0.0.1"})
		o.invoke(e, "setStunServerPort", object{"stunServerPort": 3478})
	}
	c.goTo(o, e)
	o.subscribe(e, "Error")
	for _, limit := range []struct {
		name string
		kbps int
	}{{"MaxVideoRecvBandwidth", 1000}, {"MinVideoRecvBandwidth", 300}, {"MaxVideoSendBandwidth", 1000}, {"MinVideoSendBandwidth", 300}} {
		o.later(e, "set"+limit.name, object{strings.ToLower(limit.name[:1]) + limit.name[1:]: limit.kbps})
	}
	return e
}

// introduce names an endpoint and asks for its events.
func (o *openvidu) introduce(e, name string) {
	o.t.Helper()
	o.invoke(e, "setName", object{"name": name})
	if got := o.invoke(e, "getName", object{}); got != name {
		o.t.Errorf("name %v, want %s", got, name)
	}
	for _, kind := range o.flow.events {
		o.subscribe(e, kind)
	}
}

// trickle passes an endpoint's candidates on to a browser.
func (o *openvidu) trickle(e string, b *browser) {
	o.t.Helper()
	o.on(e, "IceCandidateFound", func(found event) {
		var c webrtc.ICECandidateInit
		text, err := json.Marshal(found.Data["candidate"])
		if err == nil {
			err = json.Unmarshal(text, &c)
		}
		if err != nil || !strings.HasPrefix(c.Candidate, "candidate:") {
			o.t.Errorf("candidate %s: %v", text, err)
		}
		b.hears(c)
	})
}

// join has a participant publish.
func (o *openvidu) join(stream string) *participant {
	o.t.Helper()
	p := &participant{stream: stream}
	p.pass = o.create("PassThrough", object{"mediaPipeline": o.room})
	p.errors = o.subscribe(p.pass, "Error")
	o.publish(p)
	return p
}

// publish connects a browser of the participant to its PassThrough: the first one, or another when it comes back from
// another network (PublisherEndpoint of openvidu-server).
func (o *openvidu) publish(p *participant) {
	o.t.Helper()
	p.browser = newBrowser(o.t)
	c := p.browser.collect()
	offer := forceVP8(o.t, p.browser.publishes())
	p.source = o.endpoint(p.stream, c)
	o.introduce(p.source, p.stream)
	if o.flow.candidatesFirst {
		o.trickle(p.source, p.browser)
	}
	answer, _ := o.invoke(p.source, "processOffer", object{"offer": offer}).(string)
	if strings.Contains(answer, "a=candidate:") {
		o.t.Errorf("an answer with candidates, before gatherCandidates:\n%s", answer)
	}
	if !o.flow.candidatesFirst {
		o.trickle(p.source, p.browser)
	}
	o.later(p.source, "connect", object{"sink": p.pass})
	if o.flow.candidatesFirst {
		o.later(p.source, "gatherCandidates", object{})
	} else {
		o.invoke(p.source, "gatherCandidates", object{})
	}
	p.browser.takes(webrtc.SDPTypeAnswer, answer)
}

// watch has a participant watch another one's stream (SubscriberEndpoint of openvidu-server). IP cameras send what they send:
// no codec is forced there.
func (o *openvidu) watch(viewer string, p *participant) *subscription {
	o.t.Helper()
	s := &subscription{name: viewer + "_" + p.stream, browser: newBrowser(o.t)}
	force := forceVP8
	if p.browser == nil {
		force = func(_ *testing.T, sdp string) string { return sdp }
	}
	c := s.browser.collect()
	if o.flow.serverOffers {
		s.endpoint = o.endpoint(s.name, c)
		o.introduce(s.endpoint, s.name)
		o.trickle(s.endpoint, s.browser)
		o.invoke(p.pass, "connect", object{"sink": s.endpoint})
		offer, _ := o.invoke(s.endpoint, "generateOffer",
			object{"options": object{"offerToReceiveAudio": true, "offerToReceiveVideo": true}}).(string)
		o.invoke(s.endpoint, "gatherCandidates", object{})
		answer := s.browser.answers(force(o.t, offer))
		o.invoke(s.endpoint, "processAnswer", object{"answer": answer})
		return s
	}
	offer := force(o.t, s.browser.watches())
	s.endpoint = o.endpoint(s.name, c)
	o.introduce(s.endpoint, s.name)
	o.trickle(s.endpoint, s.browser)
	answer, _ := o.invoke(s.endpoint, "processOffer", object{"offer": offer}).(string)
	o.later(s.endpoint, "gatherCandidates", object{})
	o.later(p.pass, "connect", object{"sink": s.endpoint})
	s.browser.takes(webrtc.SDPTypeAnswer, answer)
	return s
}

// leave takes a participant's stream away, with all that watch it. Whatever is gone already is no error.
func (o *openvidu) leave(p *participant) {
	o.t.Helper()
	o.must("unsubscribe", object{"object": p.pass, "subscription": p.errors})
	for range 2 {
		o.must("release", object{"object": p.pass})
		o.must("release", object{"object": p.source})
	}
	o.must("unsubscribe", object{"object": p.pass, "subscription": p.errors})
	o.fails(40101, "subscribe", object{"object": p.pass, "type": "Error"})
	o.fails(40101, "invoke", operation(p.source, "getName", object{}))
	if p.browser != nil {
		p.browser.close()
	}
}

// candidates are a browser's, kept until there is an endpoint for them.
type candidates struct {
	mu    sync.Mutex
	early []webrtc.ICECandidateInit
	add   func(webrtc.ICECandidateInit)
}

// collect is called before the browser gathers.
func (b *browser) collect() *candidates {
	c := &candidates{}
	b.candidate = func(found webrtc.ICECandidateInit) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.add == nil {
			c.early = append(c.early, found)
			return
		}
		c.add(found)
	}
	return c
}

func (c *candidates) goTo(o *openvidu, endpoint string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add = func(found webrtc.ICECandidateInit) { o.later(endpoint, "addIceCandidate", object{"candidate": found}) }
	for _, found := range c.early {
		c.add(found)
	}
}

var rtpmap = regexp.MustCompile(`a=rtpmap:(\d+) (\S+)/90000`)

// forceVP8 changes an offer as openvidu-server does (SDPMunging): of the video m-line only the payload types of VP8, and what
// repeats them, are left, and lines about any other are taken out of the whole description.
func forceVP8(t *testing.T, sdp string) string {
	t.Helper()
	keep, drop := map[string]bool{}, map[string]bool{}
	for _, m := range rtpmap.FindAllStringSubmatch(sdp, -1) {
		if m[2] == "VP8" {
			keep[m[1]] = true
		} else {
			drop[m[1]] = true
		}
	}
	if len(keep) == 0 {
		t.Fatalf("no VP8 in the offer:\n%s", sdp)
	}
	for pt := range keep {
		for _, line := range strings.Split(sdp, "\r\n") {
			var repeats string
			if _, err := fmt.Sscanf(line, "a=fmtp:%s apt="+pt, &repeats); err == nil && strings.HasSuffix(line, "apt="+pt) {
				delete(drop, repeats)
			}
		}
	}
	var out []string
	for _, line := range strings.Split(sdp, "\r\n") {
		if strings.HasPrefix(line, "m=video") {
			fields := strings.Fields(line)
			kept := fields[:3:3]
			for _, pt := range fields[3:] {
				if !drop[pt] {
					kept = append(kept, pt)
				}
			}
			line = strings.Join(kept, " ")
		} else if name, pt, ok := strings.Cut(line, ":"); ok && (name == "a=rtpmap" || name == "a=rtcp-fb" || name == "a=fmtp" || name == "a=extmap") {
			pt, _, _ = strings.Cut(pt, " ")
			if drop[pt] {
				continue
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\r\n")
}

// dialWebSocket opens a connection to the server.
func (s *server) dialWebSocket(t *testing.T) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial(s.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}
