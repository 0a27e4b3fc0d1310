// Command rivero is the media server: configuration, wiring and signals. It is the only package that knows all the others.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/elements"
	"github.com/rivero-media/rivero/elements/webrtc/transport"
	"github.com/rivero-media/rivero/jsonrpc"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the whole program; it returns the exit code. The server ends when ctx does.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	config, err := conf.Load(args, environ)
	if err != nil {
		fmt.Fprintf(stderr, "Error : %v\n", err)
		return 1
	}
	if config.Show == conf.ShowHelp {
		fmt.Fprint(stdout, conf.Usage())
		return 0
	}
	switch config.Command {
	case conf.CommandHealthcheck:
		return healthcheck(ctx, config, stdout, stderr)
	}
	if err := become(config.UID); err != nil {
		fmt.Fprintf(stderr, "Error : %v\n", err)
		return 1
	}
	log := newLogger(stderr)
	for _, w := range config.Warnings {
		log.Warn().Msg(w.String())
	}
	s, err := newServer(config, log)
	if err != nil {
		fmt.Fprintf(stderr, "Error : %v\n", err)
		return 1
	}
	defer s.close()
	switch config.Show {
	case conf.ShowVersion:
		s.showVersion(stdout)
		return 0
	case conf.ShowList:
		s.showClasses(stdout)
		return 0
	}
	if err := s.serve(ctx, config); err != nil {
		fmt.Fprintf(stderr, "Error : %v\n", err)
		return 1
	}
	return 0
}

// newLogger writes for people on a terminal, else one JSON object per line.
func newLogger(w io.Writer) zerolog.Logger {
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000000Z07:00"
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			w = zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05.000"}
		}
	}
	return zerolog.New(w).Level(zerolog.InfoLevel).With().Timestamp().Logger()
}

// server is everything that lives as long as the program.
type server struct {
	objects *pipeline.Server
	pool    *transport.Pool
	log     zerolog.Logger
}

func newServer(c *conf.Config, log zerolog.Logger) (*server, error) {
	classes, pool, err := elements.Classes(c, log)
	if err != nil {
		return nil, err
	}
	highest := c.MediaElement.MaxEncoderBitrate
	if highest == 0 { // no limit: what the original answers then
		highest = 1<<31 - 1
	}
	settings := pipeline.Settings{
		EncoderBitrate: pipeline.EncoderBitrate{
			Target: c.MediaElement.EncoderBitrate, Min: c.MediaElement.MinEncoderBitrate, Max: highest,
		},
		Steps:    elements.Steps(c.BaseRtpEndpoint.MTU),
		Metadata: c.Metadata,
	}
	return &server{pipeline.NewServer(settings, classes, log), pool, log}, nil
}

// close releases every object, then the sockets.
func (s *server) close() {
	s.objects.Close()
	s.pool.Close()
}

// serve answers clients until ctx ends.
func (s *server) serve(ctx context.Context, c *conf.Config) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	control := jsonrpc.NewServer(jsonrpc.Config{
		Port: c.WebSocket.Port, Address: c.WebSocket.Address, IPv6: c.WebSocket.IPv6, Path: c.WebSocket.Path,
		SecurePort: c.WebSocket.Secure.Port, Certificate: c.WebSocket.Secure.Certificate,
		Password:  string(c.WebSocket.Secure.Password),
		Registrar: c.WebSocket.Registrar.Address, RegistrarLocalAddress: c.WebSocket.Registrar.LocalAddress,
		CollectorPeriod:     c.Resources.GarbageCollectorPeriod,
		DisableRequestCache: c.Resources.DisableRequestCache,
		ExceptionLimit:      c.Resources.ExceptionLimit,
		KillLimit:           c.Resources.KillLimit,
		Kill:                stop,
	}, s.objects, web.Handler(), s.log)
	defer control.Close()
	if err := control.Listen(); err != nil {
		return err
	}
	s.log.Info().Str("version", pipeline.Version).Int("pid", os.Getpid()).Msg("Kurento Media Server started")
	if c.WebSocket.Port != 0 {
		s.log.Info().Msgf("Playground: http://localhost:%d/", c.WebSocket.Port)
	}
	return control.Serve(ctx)
}

// showVersion answers --version as the original does.
func (s *server) showVersion(w io.Writer) {
	fmt.Fprintf(w, "Kurento Media Server version: %s\nFound modules:\n", pipeline.Version)
	for _, m := range s.objects.Modules() {
		fmt.Fprintf(w, "\t'%s' version %s\n", m.Name, m.Version)
	}
}

// showClasses answers --list: every name that create accepts.
func (s *server) showClasses(w io.Writer) {
	fmt.Fprintln(w, "Available factories:")
	for _, name := range s.objects.Factories() {
		fmt.Fprintf(w, "\t%s\n", name)
	}
}
