// This example shows how to
//
//  1. call a Kurento-compatible server from Go: JSON-RPC over a WebSocket,
//  2. create a MediaPipeline in which a PlayerEndpoint feeds a WebRtcEndpoint,
//  3. receive what it plays with a Pion peer, and count it until the end of the file.
//
// Run it against a server on this machine with a WebM file that the server can read:
//
//	go run ./examples/client-go -uri file:///path/to/video.webm
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v3"
	"github.com/sourcegraph/jsonrpc2"
	ws "github.com/sourcegraph/jsonrpc2/websocket"
)

func main() {
	server := flag.String("server", "ws://localhost:8888/kurento", "address of the media server")
	uri := flag.String("uri", "", "what to play: a file:// or http:// address that the server can read")
	flag.Parse()
	if *uri == "" {
		log.Fatal("name a file to play: -uri file:///path/to/video.webm")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := play(ctx, *server, *uri); err != nil {
		log.Fatal(err)
	}
}

// play builds the pipeline, receives its media and prints counts until the file ends or ctx does.
func play(ctx context.Context, server, uri string) error {
	client, err := dial(ctx, server)
	if err != nil {
		return err
	}
	defer client.conn.Close()

	pipeline, err := client.create(ctx, "MediaPipeline", params{})
	if err != nil {
		return err
	}
	// Releasing the pipeline releases all that is in it. It must happen even if ctx has ended.
	defer client.call(context.WithoutCancel(ctx), "release", params{"object": pipeline}, nil)

	player, err := client.create(ctx, "PlayerEndpoint", params{"mediaPipeline": pipeline, "uri": uri})
	if err != nil {
		return err
	}
	endpoint, err := client.create(ctx, "WebRtcEndpoint", params{"mediaPipeline": pipeline})
	if err != nil {
		return err
	}
	if err := client.invoke(ctx, player, "connect", params{"sink": endpoint}, nil); err != nil {
		return err
	}
	for _, subscription := range []params{
		{"object": endpoint, "type": "IceCandidateFound"},
		{"object": player, "type": "EndOfStream"},
		{"object": player, "type": "Error"},
	} {
		if err := client.call(ctx, "subscribe", subscription, nil); err != nil {
			return err
		}
	}

	var received counts
	peer, err := negotiate(ctx, client, endpoint, &received)
	if err != nil {
		return err
	}
	defer peer.Close()
	if err := client.invoke(ctx, player, "play", nil, nil); err != nil {
		return err
	}
	return watch(ctx, client, peer, &received)
}

// negotiate makes a peer that receives audio and video, and joins it to the endpoint.
func negotiate(ctx context.Context, client *client, endpoint string, received *counts) (*webrtc.PeerConnection, error) {
	peer, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		direction := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		if _, err := peer.AddTransceiverFromKind(kind, direction); err != nil {
			return nil, errors.Join(err, peer.Close())
		}
	}
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { received.read(track) })

	// This side does not trickle: it waits for its own candidates and puts them into the offer.
	gathered := webrtc.GatheringCompletePromise(peer)
	offer, err := peer.CreateOffer(nil)
	if err == nil {
		err = peer.SetLocalDescription(offer)
	}
	if err != nil {
		return nil, errors.Join(err, peer.Close())
	}
	<-gathered

	var answer string
	err = client.invoke(ctx, endpoint, "processOffer", params{"offer": peer.LocalDescription().SDP}, &answer)
	if err == nil {
		err = peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
	}
	if err == nil {
		err = client.invoke(ctx, endpoint, "gatherCandidates", nil, nil) // the candidates come as events
	}
	if err != nil {
		return nil, errors.Join(err, peer.Close())
	}
	return peer, nil
}

// watch handles events and prints the counts once per second, until the file has been played.
func watch(ctx context.Context, client *client, peer *webrtc.PeerConnection, received *counts) error {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-client.conn.DisconnectNotify():
			return errors.New("the server closed the connection")
		case <-second.C:
			fmt.Println(received)
		case event := <-client.events:
			switch event.Type {
			case "IceCandidateFound":
				if err := peer.AddICECandidate(event.Data.Candidate); err != nil {
					return fmt.Errorf("candidate %q: %w", event.Data.Candidate.Candidate, err)
				}
			case "Error":
				return fmt.Errorf("the player failed: %s: %s", event.Data.Type, event.Data.Description)
			case "EndOfStream":
				fmt.Println(received)
				fmt.Println("end of stream")
				return nil
			}
		}
	}
}

// counts is what has arrived so far.
type counts struct {
	audio, video, bytes atomic.Int64
}

// read counts the packets of a track until its peer is closed.
func (c *counts) read(track *webrtc.TrackRemote) {
	packets := &c.audio
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		packets = &c.video
	}
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		packets.Add(1)
		c.bytes.Add(int64(len(packet.Payload)))
	}
}

func (c *counts) String() string {
	return fmt.Sprintf("%d audio packets, %d video packets, %d kB", c.audio.Load(), c.video.Load(), c.bytes.Load()/1000)
}

// A client is a connection to the media server.
type client struct {
	conn   *jsonrpc2.Conn
	events chan event
}

type params = map[string]any

// An event carries the fields of all events that this example subscribes to.
type event struct {
	Type   string
	Object string
	Data   struct {
		Candidate         webrtc.ICECandidateInit
		Type, Description string
	}
}

func dial(ctx context.Context, server string) (*client, error) {
	socket, _, err := websocket.DefaultDialer.DialContext(ctx, server, nil)
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", server, err)
	}
	c := &client{events: make(chan event, 64)}
	c.conn = jsonrpc2.NewConn(ctx, ws.NewObjectStream(socket), jsonrpc2.HandlerWithError(c.handle))
	return c, nil
}

// handle takes the requests of the server: there is only onEvent, which wants no answer.
func (c *client) handle(ctx context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) (any, error) {
	var message struct{ Value event }
	if r.Method != "onEvent" || r.Params == nil {
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: r.Method}
	}
	if err := json.Unmarshal(*r.Params, &message); err != nil {
		return nil, err
	}
	select {
	case c.events <- message.Value:
	case <-ctx.Done():
	}
	return nil, nil
}

// call sends a request; value, if not nil, gets what the server answers.
func (c *client) call(ctx context.Context, method string, p params, value any) error {
	result := struct{ Value any }{value}
	if err := c.conn.Call(ctx, method, p, &result); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// create makes a media object and returns its id.
func (c *client) create(ctx context.Context, class string, constructorParams params) (id string, err error) {
	err = c.call(ctx, "create", params{"type": class, "constructorParams": constructorParams}, &id)
	return id, err
}

// invoke calls an operation of a media object.
func (c *client) invoke(ctx context.Context, object, operation string, p params, value any) error {
	if err := c.call(ctx, "invoke", params{"object": object, "operation": operation, "operationParams": p}, value); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}
