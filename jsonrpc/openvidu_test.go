package jsonrpc

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// application is a client that works in the manner of OpenVidu: bare names, events that are answered with calls.
type application struct {
	*testing.T
	*client
	session string
	id      int
	answers map[int]string
	events  []goldenNotice
	peers   map[string]string // who gets the candidates of an endpoint
}

// goldenNotice is an event with its data.
type goldenNotice struct {
	Object, Type string
	Data         map[string]any
}

func newApplication(t *testing.T) *application {
	s := startServer(t, Config{CollectorPeriod: 240 * time.Second}, allClasses(t))
	socket := dialPath(t, s, "/kurento")
	return &application{T: t, client: &client{t, socket, pump(socket)}, answers: map[int]string{}, peers: map[string]string{}}
}

// ask sends a request; its answer is kept.
func (a *application) ask(method, params string) int {
	a.Helper()
	a.id++
	if a.session != "" {
		params = strings.Replace(params, "{", fmt.Sprintf(`{"sessionId":%q,`, a.session), 1)
		params = strings.Replace(params, ",}", "}", 1)
	}
	a.send(fmt.Sprintf(`{"id":%d,"method":%q,"params":%s,"jsonrpc":"2.0"}`, a.id, method, params))
	return a.id
}

// take reads messages until cond is true. A candidate is passed on at once, as from inside an event handler.
func (a *application) take(what string, cond func() bool) {
	a.Helper()
	late := time.After(2 * patience)
	for !cond() {
		select {
		case text, ok := <-a.incoming:
			if !ok {
				a.Fatal("the connection has ended")
			}
			if !isEvent(text) {
				a.answers[idOf(text)] = text
				continue
			}
			var event struct{ Params struct{ Value goldenNotice } }
			if err := json.Unmarshal([]byte(text), &event); err != nil {
				a.Fatal(err)
			}
			n := event.Params.Value
			if peer := a.peers[n.Object]; n.Type == "IceCandidateFound" && peer != "" {
				candidate, err := json.Marshal(n.Data["candidate"])
				if err != nil {
					a.Fatal(err)
				}
				a.ask("invoke", fmt.Sprintf(`{"object":%q,"operation":"addIceCandidate","operationParams":{"candidate":%s}}`, peer, candidate))
			}
			a.events = append(a.events, n)
		case <-late:
			a.Fatalf("waited in vain: %s", what)
		}
	}
}

// call asks and returns the value of the answer, which must be a success.
func (a *application) call(method, params string) any {
	a.Helper()
	text := a.answerTo(method, params)
	var answer struct {
		Error  any
		Result struct {
			SessionID string
			Value     any
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Error != nil {
		a.Fatalf("%s %s: %s", method, params, text)
	}
	if a.session == "" {
		a.session = answer.Result.SessionID
	}
	return answer.Result.Value
}

func (a *application) answerTo(method, params string) string {
	a.Helper()
	id := a.ask(method, params)
	a.take("the answer to "+method, func() bool { return a.answers[id] != "" })
	return a.answers[id]
}

// fails asks for what must be an error of a number.
func (a *application) fails(code int, method, params string) {
	a.Helper()
	if text := a.answerTo(method, params); !strings.Contains(text, fmt.Sprintf(`"code":%d,`, code)) {
		a.Errorf("%s %s: %s, want %d", method, params, text, code)
	}
}

func (a *application) create(class, params string) string {
	a.Helper()
	id, _ := a.call("create", fmt.Sprintf(`{"type":%q,"constructorParams":%s,"properties":{}}`, class, params)).(string)
	return id
}

func (a *application) invoke(object, operation, params string) any {
	a.Helper()
	return a.call("invoke", fmt.Sprintf(`{"object":%q,"operation":%q,"operationParams":%s}`, object, operation, params))
}

func (a *application) subscribe(object string, events ...string) (subscription string) {
	a.Helper()
	for _, event := range events {
		subscription, _ = a.call("subscribe", fmt.Sprintf(`{"object":%q,"type":%q}`, object, event)).(string)
	}
	return subscription
}

// await takes the next event of a kind, with certain data.
func (a *application) await(object, kind string, data ...string) goldenNotice {
	a.Helper()
	var found goldenNotice
	a.take(kind, func() bool {
	events:
		for i, n := range a.events {
			if n.Object != object || n.Type != kind {
				continue
			}
			for k := 0; k < len(data); k += 2 {
				if n.Data[data[k]] != data[k+1] {
					continue events
				}
			}
			found = n
			a.events = append(a.events[:i:i], a.events[i+1:]...)
			return true
		}
		return false
	})
	return found
}

// endpoint makes a WebRtcEndpoint as OpenVidu does (openvidu.md §3), with the names of events of both generations.
func (a *application) endpoint(pipe, name string) string {
	a.Helper()
	e := a.create("WebRtcEndpoint", `{"mediaPipeline":"`+pipe+`"}`)
	a.invoke(e, "setStunServerAddress", `{"stunServerAddress":"127.0.0.1"}`)
	a.invoke(e, "setStunServerPort", `{"stunServerPort":3478}`)
	a.invoke(e, "setStunServerAddress", `{"stunServerAddress":""}`)
	a.subscribe(e, "Error")
	for setter, kbps := range map[string]int{
		"MaxVideoRecvBandwidth": 1000, "MinVideoRecvBandwidth": 300, "MaxVideoSendBandwidth": 1000, "MinVideoSendBandwidth": 300,
	} {
		member := strings.ToLower(setter[:1]) + setter[1:]
		a.ask("invoke", fmt.Sprintf(`{"object":%q,"operation":"set%s","operationParams":{%q:%d}}`, e, setter, member, kbps))
	}
	a.invoke(e, "setName", `{"name":"`+name+`"}`)
	if got := a.invoke(e, "getName", `{}`); got != name {
		a.Errorf("name %v, want %s", got, name)
	}
	a.subscribe(e, "IceGatheringDone", "NewCandidatePairSelected", "IceComponentStateChanged", "DataChannelOpened",
		"DataChannelClosed", "ConnectionStateChanged", "MediaStateChanged", "MediaFlowInStateChanged",
		"MediaFlowOutStateChanged", "MediaTranscodingStateChanged")
	a.subscribe(e, "IceComponentStateChange", "DataChannelOpen", "DataChannelClose", "MediaFlowInStateChange",
		"MediaFlowOutStateChange", "MediaTranscodingStateChange")
	return e
}

// negotiate has one endpoint offer to another, and candidates trickle both ways.
func (a *application) negotiate(offerer, answerer, options string) {
	a.Helper()
	a.peers[offerer], a.peers[answerer] = answerer, offerer
	offer := a.quoted(a.invoke(offerer, "generateOffer", options))
	answer := a.quoted(a.invoke(answerer, "processOffer", `{"offer":`+offer+`}`))
	a.subscribe(offerer, "IceCandidateFound")
	a.subscribe(answerer, "IceCandidateFound")
	a.invoke(offerer, "processAnswer", `{"answer":`+answer+`}`)
	a.invoke(offerer, "gatherCandidates", `{}`)
	a.invoke(answerer, "gatherCandidates", `{}`)
}

func (a *application) quoted(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		a.Fatal(err)
	}
	return string(text)
}

// browser is an endpoint in a pipeline of its own that sends a film.
func (a *application) browser(film string) string {
	a.Helper()
	pipe := a.create("MediaPipeline", `{}`)
	player := a.create("PlayerEndpoint", `{"mediaPipeline":"`+pipe+`","uri":"file://`+film+`","useEncodedMedia":true}`)
	e := a.create("WebRtcEndpoint", `{"mediaPipeline":"`+pipe+`"}`)
	a.invoke(player, "connect", `{"sink":"`+e+`"}`)
	a.subscribe(player, "EndOfStream", "UriEndpointStateChanged")
	a.invoke(player, "play", `{}`)
	return e
}

// TestOpenVidu goes through a session of OpenVidu, from its openvidu.md: publish, subscribe with an offer of the server's,
// record, come back with another network, stop, leave.
func TestOpenVidu(t *testing.T) {
	film := filepath.Join(sharedDir(t, "media"), "av40.webm")
	a := newApplication(t)
	a.call("ping", `{"interval":240000}`)
	const manager = `{"object":"manager_ServerManager"`
	a.call("describe", manager+`}`)
	for _, operation := range []string{"getInfo", "getUsedMemory"} {
		if a.call("invoke", manager+`,"operation":"`+operation+`"}`) == nil {
			t.Errorf("%s answers null", operation)
		}
	}
	room := a.create("MediaPipeline", `{}`)
	a.subscribe(room, "Error")

	camera := a.browser(film)
	publisher := a.endpoint(room, "stream")
	a.invoke(publisher, "addIceCandidate", `{"candidate":{"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host","sdpMid":"0","sdpMLineIndex":0}}`)
	pass := a.create("PassThrough", `{"mediaPipeline":"`+room+`"}`)
	errors := a.subscribe(pass, "Error")
	a.invoke(publisher, "connect", `{"sink":"`+pass+`"}`)
	a.negotiate(camera, publisher, `{}`)
	a.await(publisher, "ConnectionStateChanged", "newState", "CONNECTED")
	a.await(publisher, "MediaFlowOutStateChanged", "state", "FLOWING", "mediaType", "VIDEO")
	a.await(publisher, "MediaFlowOutStateChange", "state", "FLOWING", "mediaType", "VIDEO")

	viewer := a.create("WebRtcEndpoint", `{"mediaPipeline":"`+a.create("MediaPipeline", `{}`)+`"}`)
	a.subscribe(viewer, "MediaFlowOutStateChanged")
	subscriber := a.endpoint(room, "viewer_stream")
	a.invoke(pass, "connect", `{"sink":"`+subscriber+`"}`)
	a.negotiate(subscriber, viewer, `{"options":{"offerToReceiveAudio":true,"offerToReceiveVideo":true}}`)
	a.await(viewer, "MediaFlowOutStateChanged", "state", "FLOWING", "mediaType", "VIDEO")
	for _, getter := range []string{"getLocalSessionDescriptor", "getRemoteSessionDescriptor"} {
		if text, _ := a.invoke(subscriber, getter, `{}`).(string); !isSDP(text) {
			t.Errorf("%s: %q", getter, text)
		}
	}

	file := filepath.Join(t.TempDir(), "not there yet", "stream.webm")
	recorder := a.create("RecorderEndpoint", `{"mediaPipeline":"`+room+`","uri":"file://`+file+`","mediaProfile":"WEBM"}`)
	a.subscribe(recorder, "Recording", "Error")
	a.invoke(pass, "connect", `{"sink":"`+recorder+`","mediaType":"AUDIO"}`)
	a.invoke(pass, "connect", `{"sink":"`+recorder+`","mediaType":"VIDEO"}`)
	a.invoke(recorder, "record", `{}`)
	begin, _ := a.await(recorder, "Recording").Data["timestampMillis"].(string)
	if _, err := strconv.ParseInt(begin, 10, 64); err != nil {
		t.Errorf("Recording: timestampMillis %q", begin)
	}

	a.muteAndUnmute(publisher, pass)
	again := a.replacePublisher(room, publisher, pass, film)
	a.await(again, "MediaFlowOutStateChanged", "state", "FLOWING", "mediaType", "VIDEO")
	if links, _ := a.invoke(pass, "getSinkConnections", `{}`).([]any); len(links) < 5 { // 3 to the subscriber, 2 to the recorder
		t.Errorf("what took from the PassThrough is gone: %v", links)
	}

	a.subscribe(recorder, "Stopped")
	a.ask("invoke", `{"object":"`+recorder+`","operation":"stop"}`)
	a.await(recorder, "Stopped")
	a.call("release", `{"object":"`+recorder+`"}`) // from inside the handler, in OpenVidu
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("recording: %v, %v", info, err)
	}

	a.call("unsubscribe", `{"object":"`+pass+`","subscription":"`+errors+`"}`)
	for range 2 { // the second time it is gone
		a.call("release", `{"object":"`+pass+`"}`)
	}
	a.call("unsubscribe", `{"object":"`+pass+`","subscription":"`+errors+`"}`)
	a.fails(40101, "invoke", `{"object":"`+pass+`","operation":"getName"}`)
	a.fails(40008, "invoke", `{"object":"`+room+`","operation":"setBackground","operationParams":{"uri":"x"}}`)
	a.call("release", `{"object":"`+room+`"}`)
	a.call("closeSession", `{}`)
	a.fails(40007, "connect", `{}`) // the session, which holds nothing any more
}

// muteAndUnmute: one kind, and all.
func (a *application) muteAndUnmute(publisher, pass string) {
	a.Helper()
	for _, kinds := range []string{`,"mediaType":"AUDIO"`, ``} {
		a.ask("invoke", `{"object":"`+publisher+`","operation":"disconnect","operationParams":{"sink":"`+pass+`"`+kinds+`}}`)
		a.ask("invoke", `{"object":"`+publisher+`","operation":"connect","operationParams":{"sink":"`+pass+`"`+kinds+`}}`)
	}
}

// replacePublisher puts a new endpoint in front of the PassThrough, which stays.
func (a *application) replacePublisher(room, old, pass, film string) string {
	a.Helper()
	a.invoke(old, "disconnect", `{"sink":"`+pass+`"}`)
	a.ask("release", `{"object":"`+old+`"}`)
	camera := a.browser(film)
	e := a.endpoint(room, "stream again")
	a.invoke(e, "connect", `{"sink":"`+pass+`"}`)
	a.negotiate(camera, e, `{}`)
	return e
}
