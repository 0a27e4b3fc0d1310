package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"testing"

	"github.com/rivero-media/rivero/pipeline"
)

type sessions []string

func (s sessions) IDs() []string { return s }

func TestServerManager(t *testing.T) {
	w := newWorld(t)
	m := w.Manager()
	w.expect(`[]`, m, "getPipelines")
	w.expect(`[]`, m, "getSessions")
	w.UseSessions(sessions{"a", "b"})
	w.expect(`["a","b"]`, m, "getSessions")
	w.expect(`"{\"a\":1}"`, m, "getMetadata")
	p := w.create("MediaPipeline")
	w.expect(`["`+p.ID()+`"]`, m, "getPipelines")
	for _, operation := range []string{"getCpuCount", "getUsedMemory"} {
		if n, err := strconv.Atoi(w.invoke(m, operation)); err != nil || n <= 0 {
			t.Errorf("%s: %d, %v", operation, n, err)
		}
	}
}

func TestInfo(t *testing.T) {
	w := newWorld(t)
	var info struct {
		Type         string
		Version      string
		Capabilities []string
		Modules      []struct {
			Name      string
			Version   string
			Factories []string
		}
	}
	if err := json.Unmarshal([]byte(w.invoke(w.Manager(), "getInfo")), &info); err != nil {
		t.Fatal(err)
	}
	if info.Type != "KMS" || info.Version != pipeline.Version || len(info.Modules) != 4 {
		t.Fatalf("%+v", info)
	}
	same(t, info.Capabilities, "transactions")
	same(t, info.Modules[0].Factories, "MediaPipeline", "PassThrough")
	same(t, info.Modules[1].Factories) // elements and filters are listed whatever there is in them
	same(t, info.Modules[2].Factories)
	same(t, info.Modules[3].Factories, "Folder")
}

func TestUsedCPU(t *testing.T) {
	w := newWorld(t)
	m := w.Manager()
	if used, err := strconv.ParseFloat(w.invoke(m, "getUsedCpu", "interval", 5), 64); err != nil || used < 0 {
		t.Errorf("%v %v", used, err)
	}
	w.expect(`null`, m, "getUsedCpu", "interval", 0)
	w.expect(`null`, m, "getUsedCpu", "interval", -1)
	w.expect(`40107 MEDIA_OBJECT_ILLEGAL_PARAM_ERROR: interval 60001 ms is longer than 1m0s`, m, "getUsedCpu", "interval", 60001)
	w.expect(`40001 MARSHALL_ERROR: 'interval' parameter should be a integer`, m, "getUsedCpu")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	method := m.Class().Method("getUsedCpu")
	if !method.Slow {
		t.Error("getUsedCpu is not marked as slow")
	}
	if _, err := method.Invoke(ctx, m, []byte(`{"interval":60000}`)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestKMD(t *testing.T) {
	w := newWorld(t)
	var text string
	if err := json.Unmarshal([]byte(w.invoke(w.Manager(), "getKmd", "moduleName", "office")), &text); err != nil {
		t.Fatal(err)
	}
	var k pipeline.KMD
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		t.Fatal(err)
	}
	if k.Name != "office" || len(k.RemoteClasses) != 1 || len(k.Events) != 3 {
		t.Errorf("%+v", k)
	}
	c := k.RemoteClasses[0]
	if c.Name != "Folder" || c.Extends != "MediaObject" || c.Abstract || len(c.Constructor.Params) != 3 || c.Methods[0].Return.Type != "String" {
		t.Errorf("%+v", c)
	}
	same(t, c.Events, "Filed", "OldFiled", "Shelved")
	w.expect(`40500 UNDEFINED: Requested kmd module doesn't exist`, w.Manager(), "getKmd", "moduleName", "kurento")
}
