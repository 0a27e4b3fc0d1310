package server

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/rivero-media/rivero/conf"
)

// watchPeriod is how often the files are looked at. Looking works on every file system, where notifications of changes do
// not (mounts of virtual machines, links that Kubernetes swaps).
const watchPeriod = time.Second

// follow reads the configuration again when its files change, and on SIGHUP, until ctx ends.
func (s *server) follow(ctx context.Context) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	read := s.config.State() // what is in force was read from
	last := read
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			s.reload(ctx)
			read = s.config.State()
			last = read
		case <-tick.C:
			now := s.config.State()
			if now == last && now != read { // changed, and not being written any more
				s.reload(ctx)
				now = s.config.State()
				read = now
			}
			last = now
		}
	}
}

// reload reads the configuration and puts into force what can change. If that fails, everything stays as it is.
func (s *server) reload(ctx context.Context) {
	if s.files != nil {
		if err := s.files.Reopen(); err != nil {
			s.log.Error().Err(err).Msg("log file cannot be opened")
		}
	}
	after, changes, err := conf.Reload(s.config, s.args, s.environ)
	if err != nil {
		s.log.Error().Err(err).Msg("configuration cannot be read, everything stays as it is")
		return
	}
	for _, w := range after.Warnings {
		if !slices.Contains(s.config.Warnings, w) {
			s.log.Warn().Msg(w.String())
		}
	}
	for _, c := range changes {
		event, what := s.log.Info(), "setting changed"
		if !c.Live {
			event, what = s.log.Warn(), "setting takes effect at the next start"
		}
		event.Str("setting", c.Name).Str("before", c.Before).Str("now", c.Value).Stringer("from", c.Origin).Msg(what)
	}
	s.config = after
	s.logs.SetLevels(after.Log.Levels)
	s.set.Configure(s.external.resolve(ctx, after, s.log))
	s.objects.Configure(s.settings())
	s.streams.Configure(s.streamSettings())
	if s.players != nil {
		s.players.Configure(s.streamSettings())
	}
	s.control.Configure(s.controlConfig())
	s.log.Info().Int("changes", len(changes)).Msg("configuration read again")
}
