package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"github.com/rivero-media/rivero/pipeline/codec"
	"github.com/rivero-media/rivero/pipeline/wire"
)

// Settings are what the object model needs of the configuration.
type Settings struct {
	EncoderBitrate codec.Bitrates
	Steps          codec.Steps // conversions the graphs may use
	Transcoding    Transcoding
	Metadata       json.RawMessage // for ServerManager.getMetadata, nil for none
	DotDir         string          // where dumpGstreamerDot writes, "" for nowhere

	// ClassLog gives the logger of a class's objects; nil: the server's.
	ClassLog func(class string) zerolog.Logger
}

// Server owns all objects and knows all classes.
type Server struct {
	id       string
	settings atomic.Pointer[Settings]
	budget   codec.Budget // of the conversions of all pipelines
	log      zerolog.Logger
	classes  []*Class          // in the order of the list, parents included
	byName   map[string]*Class // what create accepts: bare and qualified names of classes with a constructor
	manager  *ServerManager

	mu       sync.Mutex
	objects  map[string]Object
	sessions Sessions
	closed   bool
}

// Sessions is what ServerManager asks the control plane.
type Sessions interface{ IDs() []string }

// NewServer returns a server that knows the given classes and creates those of them that are implemented. A class that
// is listed twice, or can be created without code for one of its operations, is the programmer's mistake and panics.
func NewServer(settings Settings, classes []*Class, log zerolog.Logger) *Server {
	s := &Server{
		id: uuid.NewString(), log: log,
		byName:  make(map[string]*Class),
		objects: make(map[string]Object),
	}
	s.Configure(settings)
	for _, c := range append([]*Class{serverManagerClass, MediaPipelineClass}, classes...) {
		s.register(c)
	}
	s.manager = newServerManager(s)
	s.objects[s.manager.id] = s.manager
	return s
}

// Configure exchanges the settings while the server runs. Objects that exist keep what they began with.
func (s *Server) Configure(settings Settings) {
	if settings.ClassLog == nil {
		settings.ClassLog = func(string) zerolog.Logger { return s.log }
	}
	s.settings.Store(&settings)
	s.budget.SetLimit(int(settings.Transcoding.Cores * core))
}

func (s *Server) register(c *Class) {
	for p := c.Parent; p != nil; p = p.Parent {
		if !slices.Contains(s.classes, p) {
			s.classes = append(s.classes, p)
		}
	}
	if slices.ContainsFunc(s.classes, func(known *Class) bool { return known.Name == c.Name }) {
		panic("pipeline: class " + c.Name + " is listed twice, or after a class that extends it")
	}
	s.classes = append(s.classes, c)
	if c.New != nil {
		s.byName[c.Name] = c
		s.byName[c.QualifiedName()] = c
	}
}

// ID is a random id of this process, as connect answers it.
func (s *Server) ID() string { return s.id }

// Manager is the one object that is always there.
func (s *Server) Manager() *ServerManager { return s.manager }

// Classes lists every class, abstract ones included.
func (s *Server) Classes() []*Class { return slices.Clone(s.classes) }

// Factories lists the names that Create accepts.
func (s *Server) Factories() []string { return slices.Sorted(maps.Keys(s.byName)) }

// UseSessions tells the server who knows the sessions. Called once, before the first request.
func (s *Server) UseSessions(sessions Sessions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = sessions
}

// Create makes an object of a class from remote parameters. The caller references it in its sessions.
func (s *Server) Create(ctx context.Context, class string, params json.RawMessage) (Object, error) {
	if err := s.CanCreate(class); err != nil {
		return nil, err
	}
	return s.Make(ctx, s.byName[class], params)
}

// Make is Create for a class that is not listed: of objects that the server makes on its own account, which clients see but
// cannot create.
func (s *Server) Make(ctx context.Context, c *Class, params json.RawMessage) (Object, error) {
	o, err := c.New.call(ctx, s, c, params)
	if err != nil {
		return nil, err
	}
	if err := s.adopt(o); err != nil {
		o.Close()
		return nil, err
	}
	s.log.Debug().Str("object", o.ID()).Msg("object created")
	s.manager.Emit(ObjectCreated{Object: o})
	return o, nil
}

// CanCreate tells whether a class is one of those that Create knows.
func (s *Server) CanCreate(class string) error {
	if s.byName[class] == nil {
		return Errorf(ObjectNotAvailable, "Factory '%s' not found", class)
	}
	return nil
}

// adopt makes an object known, unless its parent was released meanwhile.
func (s *Server) adopt(o Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	base := o.Base()
	if s.closed {
		return Errorf(ObjectNotAvailable, "server is shutting down")
	}
	if base.parent != nil {
		if s.objects[base.parent.ID()] == nil {
			return notFound(base.parent.ID())
		}
		parent := base.parent.Base()
		parent.mu.Lock()
		parent.children[o.ID()] = o
		parent.mu.Unlock()
	}
	s.objects[o.ID()] = o
	return nil
}

func notFound(id string) error {
	if strings.HasPrefix(id, "newref:") && len(id) > len("newref:") {
		return Errorf(NotFoundNoCommit,
			"Object '%s' not found. Possibly using a transactional object without committing the transaction.", id)
	}
	return Errorf(ObjectNotFound, "Object '%s' not found", id)
}

// Object finds an object by id.
func (s *Server) Object(id string) (Object, error) {
	if o, ok := s.find(id); ok {
		return o, nil
	}
	return nil, notFound(id)
}

func (s *Server) find(id string) (Object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[id]
	return o, ok
}

func (s *Server) resolve(id string) (wire.Ref, error) { return s.Object(id) }

// Release ends an object and everything below it, children first and of them the youngest first. It returns when
// they have ended, whoever else is releasing them. Releasing twice, and releasing the server manager, does nothing.
func (s *Server) Release(o Object) {
	if o == Object(s.manager) {
		return
	}
	base := o.Base()
	if p, ok := o.(*MediaPipeline); ok {
		p.graph.Halt()
	}
	s.releaseChildren(base)
	if !s.disown(o) {
		<-base.ended
		return
	}
	defer close(base.ended)
	s.releaseChildren(base) // created while the others were being released
	o.Close()
	base.subs.clear()
	base.leaveParent()
	s.log.Debug().Str("object", o.ID()).Msg("object released")
	s.manager.Emit(ObjectDestroyed{ObjectID: o.ID()})
}

func (s *Server) releaseChildren(o *MediaObject) {
	for _, c := range o.youngestFirst() {
		s.Release(c)
	}
}

// disown takes an object out of the table; false when somebody else did.
func (s *Server) disown(o Object) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects[o.ID()] == nil {
		return false
	}
	delete(s.objects, o.ID())
	o.Base().released.Store(true)
	return true
}

// Pipelines lists the pipelines, ordered by id.
func (s *Server) Pipelines() []*MediaPipeline {
	s.mu.Lock()
	defer s.mu.Unlock()
	pipelines := []*MediaPipeline{}
	for _, id := range slices.Sorted(maps.Keys(s.objects)) {
		if p, ok := s.objects[id].(*MediaPipeline); ok {
			pipelines = append(pipelines, p)
		}
	}
	return pipelines
}

// Close releases everything; nothing can be created afterwards. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, p := range s.Pipelines() {
		s.Release(p)
	}
}

// remoteName names the class or complex type that an interface or object type stands for.
func (s *Server) remoteName(t reflect.Type) string {
	if t == reflect.TypeFor[StatsEntry]() {
		return "Stats"
	}
	for _, c := range s.classes {
		if c.Refer == t {
			return c.Name
		}
	}
	panic(fmt.Sprintf("pipeline: no class is referred to as %s", t))
}
