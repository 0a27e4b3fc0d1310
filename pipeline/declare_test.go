package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

type declaredParams struct {
	MediaPipeline *MediaPipeline `kurento:"mediaPipeline"`
	Size          int            `kurento:"size,optional,default=7"`
}

func declaredClass() *Class {
	return &Class{
		Name: "Someday", Module: "elements", Parent: MediaElementClass,
		New:     DeclareNew[declaredParams](),
		Methods: Methods(DeclareGet[string]("command"), DeclareOp[None, int]("measure"), DeclareDo[bitrateParams]("squeeze")),
	}
}

// What is declared is described like everything else, and cannot be created.
func TestDeclaredClasses(t *testing.T) {
	s := NewServer(Settings{}, []*Class{declaredClass()}, zerolog.Nop())
	defer s.Close()

	text, err := s.kmd("elements")
	if err != nil {
		t.Fatal(err)
	}
	var k KMD
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(k.RemoteClasses, func(c KMDClass) bool { return c.Name == "Someday" })
	if i < 0 {
		t.Fatal("the class is not described")
	}
	c := k.RemoteClasses[i]
	if c.Abstract || c.Constructor == nil || len(c.Constructor.Params) != 2 || string(c.Constructor.Params[1].DefaultValue) != "7" {
		t.Errorf("constructor %+v, abstract %v", c.Constructor, c.Abstract)
	}
	if len(c.Properties) != 1 || c.Properties[0].Name != "command" || c.Properties[0].Type != "String" || !c.Properties[0].ReadOnly {
		t.Errorf("properties %+v", c.Properties)
	}
	if len(c.Methods) != 2 || c.Methods[0].Return == nil || c.Methods[0].Return.Type != "int" || c.Methods[1].Return != nil {
		t.Errorf("methods %+v", c.Methods)
	}

	_, err = s.Create(context.Background(), "Someday", json.RawMessage(`{}`))
	var fault *Fault
	if !errors.As(err, &fault) || fault.Code != ObjectNotAvailable || fault.Message != "Factory 'Someday' not found" {
		t.Errorf("create: %v", err)
	}
	for _, m := range s.Modules() {
		if slices.Contains(m.Factories, "Someday") {
			t.Error("it is among the factories of", m.Name)
		}
	}
	if slices.Contains(s.Factories(), "Someday") {
		t.Error("it is among the factories")
	}
}

// A declaration never stands for code: a class that can be created has none, inherited ones included.
func TestDeclaredOperationsOfClassesThatCanBeCreated(t *testing.T) {
	parent := &Class{Name: "Parent", Module: "elements", Parent: MediaElementClass, Methods: Methods(DeclareGet[string]("url"))}
	child := &Class{
		Name: "Child", Module: "elements", Parent: parent,
		New: New(func(context.Context, Creation, None) (Object, error) { return nil, errors.New("not reached") }),
	}
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "no code for Parent.getUrl") {
			t.Errorf("panic %q", text)
		}
	}()
	NewServer(Settings{}, []*Class{child}, zerolog.Nop())
	t.Error("the class was taken")
}
