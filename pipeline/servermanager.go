package pipeline

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Version is what the server says of itself: the Kurento release whose interface it offers.
const Version = "7.3.0"

// managerID is the one object id that clients know beforehand.
const managerID = "manager_ServerManager"

// ServerManager answers questions about the server as a whole. There is one, and it is never released.
type ServerManager struct {
	MediaObject
	started time.Time
}

var serverManagerClass = &Class{
	Name: "ServerManager", Module: "core", Parent: MediaObjectClass,
	Methods: Methods(
		Get("info", func(m *ServerManager) ServerInfo { return m.info() }),
		Get("pipelines", func(m *ServerManager) []*MediaPipeline { return m.server.Pipelines() }),
		Get("sessions", func(m *ServerManager) []string { return m.server.sessionIDs() }),
		Get("metadata", func(m *ServerManager) string { return string(m.server.settings.Load().Metadata) }),
		Op("getKmd", func(_ context.Context, m *ServerManager, p kmdParams) (string, error) {
			return m.server.kmd(p.ModuleName)
		}),
		Op("getCpuCount", func(_ context.Context, _ *ServerManager, _ None) (int, error) {
			return runtime.NumCPU(), nil
		}),
		Slow(Op("getUsedCpu", usedCPU)),
		Op("getUsedMemory", func(_ context.Context, _ *ServerManager, _ None) (int64, error) {
			return residentKiB()
		}),
	),
	Events: []EventType{Raises[ObjectCreated](), Raises[ObjectDestroyed]()},
}

// ObjectCreated is raised on the server manager for every new object.
type ObjectCreated struct {
	RaiseBase
	Object Object `kurento:"object"`
}

// ObjectDestroyed is raised on the server manager when an object is gone.
type ObjectDestroyed struct {
	RaiseBase
	ObjectID string `kurento:"objectId"`
}

type kmdParams struct {
	ModuleName string `kurento:"moduleName"`
}

func newServerManager(s *Server) *ServerManager {
	m := &ServerManager{started: time.Now()}
	m.MediaObject.setup(Creation{server: s, class: serverManagerClass}, nil, managerID)
	return m
}

// Close does nothing: the manager lives as long as the server.
func (m *ServerManager) Close() {}

func (m *ServerManager) info() ServerInfo {
	return ServerInfo{
		Version: Version, Modules: m.server.Modules(), Type: "KMS", Capabilities: []string{"transactions"},
	}
}

// generationTime is how Kurento writes the time at which a module was built, C's __DATE__ and __TIME__. Rivero answers
// the time at which it was started.
const generationTime = "Jan _2 2006 15:04:05"

// kurentoModules are part of every Kurento server: clients refuse to work with one that does not list them.
var kurentoModules = []string{"core", "elements", "filters"}

// Modules lists the modules with the classes that can be created, ordered by name.
func (s *Server) Modules() []ModuleInfo {
	byName := map[string]*ModuleInfo{}
	module := func(name string) *ModuleInfo {
		if byName[name] == nil {
			byName[name] = &ModuleInfo{
				Version: Version, Name: name, GenerationTime: s.manager.started.Format(generationTime), Factories: []string{},
			}
		}
		return byName[name]
	}
	for _, name := range kurentoModules {
		module(name)
	}
	for _, c := range s.classes {
		m := module(c.Module)
		if c.New != nil {
			m.Factories = append(m.Factories, c.Name)
		}
	}
	modules := []ModuleInfo{}
	for _, m := range byName {
		slices.Sort(m.Factories)
		modules = append(modules, *m)
	}
	slices.SortFunc(modules, func(a, b ModuleInfo) int { return strings.Compare(a.Name, b.Name) })
	return modules
}

func (s *Server) sessionIDs() []string {
	s.mu.Lock()
	sessions := s.sessions
	s.mu.Unlock()
	if sessions == nil {
		return []string{}
	}
	return sessions.IDs()
}

type cpuParams struct {
	Interval int `kurento:"interval"` // ms
}

// maxCPUInterval bounds how long getUsedCpu may take.
const maxCPUInterval = time.Minute

// usedCPU watches the process for a while: 100 is one processor fully used. In no time nothing can be measured,
// which is not a number, and null on the wire.
func usedCPU(ctx context.Context, _ *ServerManager, p cpuParams) (float32, error) {
	interval := time.Duration(p.Interval) * time.Millisecond
	if interval <= 0 {
		return float32(math.NaN()), nil
	}
	if interval > maxCPUInterval {
		return 0, Errorf(IllegalParam, "interval %d ms is longer than %v", p.Interval, maxCPUInterval)
	}
	before, start := processTime(), time.Now()
	select {
	case <-time.After(interval):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	used := processTime() - before
	return float32(100 * used.Seconds() / time.Since(start).Seconds()), nil
}
