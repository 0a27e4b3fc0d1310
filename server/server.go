package server

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements"
	"github.com/rivero-media/rivero/elements/named"
	"github.com/rivero-media/rivero/elements/rtspout"
	"github.com/rivero-media/rivero/elements/whip"
	"github.com/rivero-media/rivero/jsonrpc"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/server/internal/logs"
	"github.com/rivero-media/rivero/web"
)

// server is everything that lives as long as the program.
type server struct {
	*program
	config   *conf.Config
	external external

	logs  *logs.Logs
	files *logs.Files // nil: logs go to standard error
	log   zerolog.Logger

	set     *elements.Set
	objects *pipeline.Server
	control *jsonrpc.Server
	streams *whip.Handler
	players *rtspout.Server    // nil: RTSP is off
	stop    context.CancelFunc // ends the server
}

// open makes the parts of the server. Nothing listens yet but for RTSP players, who find nothing before there are clients.
func (s *server) open(ctx context.Context) error {
	s.log = s.logs.Logger(logs.Main)
	for _, w := range s.config.Warnings {
		s.log.Warn().Msg(w.String())
	}
	if len(s.config.UriEndpoint.AllowedRoots) == 0 {
		s.log.Warn().Msg("UriEndpoint.allowedRoots is not set: clients can play and record every file that this process can read and write")
	}
	var err error
	if s.set, err = elements.Open(s.external.resolve(ctx, s.config, s.log), s.classLog); err != nil {
		return err
	}
	s.objects = pipeline.NewServer(s.settings(), slices.Concat(s.set.Classes, s.more), s.logs.Logger(logs.Objects))
	s.streams = whip.New(s.objects, s.streamSettings(), s.logs.Logger(logs.Control))
	if err := s.listenRTSP(); err != nil {
		s.objects.Close()
		s.set.Close()
		return err
	}
	s.control = jsonrpc.NewServer(s.controlConfig(), s.objects, s.pages(), s.logs.Logger(logs.Control))
	return nil
}

// close disconnects the clients, releases every object, then the sockets.
func (s *server) close() {
	s.control.Close()
	s.streams.Close()
	if s.players != nil {
		s.players.Close()
	}
	s.objects.Close()
	s.set.Close()
}

// serve answers clients until ctx ends.
func (s *server) serve(ctx context.Context) error {
	if err := s.control.Listen(); err != nil {
		return err
	}
	s.log.Info().Str("version", pipeline.Version).Str("rivero", s.version).Int("pid", os.Getpid()).Msg("Kurento Media Server started")
	if port := s.config.WebSocket.Port; port != 0 {
		s.log.Info().Msgf("Playground: http://localhost:%d/", port)
	}
	ctx, s.stop = context.WithCancel(ctx)
	var following sync.WaitGroup
	defer following.Wait()
	defer s.stop()
	following.Go(func() { s.follow(ctx) })
	return s.control.Serve(ctx)
}

func (s *server) classLog(class string) zerolog.Logger { return s.logs.Logger(logs.ForClass(class)) }

// pages answers what is not for the control plane: the playground, and streams without a Kurento client.
func (s *server) pages() http.Handler {
	playground := web.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if whip.Handles(r.URL.Path) {
			s.streams.ServeHTTP(w, r)
			return
		}
		playground.ServeHTTP(w, r)
	})
}

// listenRTSP lets RTSP players come, if there is a port for them.
func (s *server) listenRTSP() (err error) {
	port, r := s.config.Streams.RTSPPort, s.config.BaseRtpEndpoint
	if port == 0 {
		return nil
	}
	s.players, err = rtspout.Listen(s.objects, s.streamSettings(), rtspout.Options{
		Address: fmt.Sprintf(":%d", port), MinPort: r.MinPort, MaxPort: r.MaxPort, Log: s.logs.Logger(logs.Control),
	})
	return err
}

func (s *server) streamSettings() named.Settings {
	c := s.config.Streams
	return named.Settings{Access: named.Access(c.Access), Token: string(c.Token)}
}

// settings are the object model's part of the configuration.
func (s *server) settings() pipeline.Settings {
	m := s.config.MediaElement
	highest := m.MaxEncoderBitrate
	if highest == 0 { // no limit: what the original answers then
		highest = 1<<31 - 1
	}
	return pipeline.Settings{
		EncoderBitrate: codec.Bitrates{Target: m.EncoderBitrate, Min: m.MinEncoderBitrate, Max: highest},
		Steps:          elements.Steps(s.config),
		Transcoding: pipeline.Transcoding{
			Policy: pipeline.TranscodingPolicy(m.Transcoding), Cores: m.TranscodingCores, PipelineCores: m.PipelineTranscodingCores,
		},
		Metadata: s.config.Metadata,
		DotDir:   s.config.DotDir,
		ClassLog: s.classLog,
	}
}

// controlConfig is the control plane's part.
func (s *server) controlConfig() jsonrpc.Config {
	ws, r := s.config.WebSocket, s.config.Resources
	return jsonrpc.Config{
		Port: ws.Port, Address: ws.Address, IPv6: ws.IPv6, Path: ws.Path,
		SecurePort: ws.Secure.Port, Certificate: ws.Secure.Certificate, Password: string(ws.Secure.Password),
		Registrar: string(ws.Registrar.Address), RegistrarLocalAddress: ws.Registrar.LocalAddress,
		CollectorPeriod:     r.GarbageCollectorPeriod,
		DisableRequestCache: r.DisableRequestCache,
		ExceptionLimit:      r.ExceptionLimit,
		KillLimit:           r.KillLimit,
		Kill:                func() { s.stop() },
	}
}
