package lsp

import (
	"fmt"
	"slices"

	"github.com/hrnnc/hrnnc/dsl"
	"github.com/hrnnc/hrnnc/dsl/editor"
)

func hoverAt(d *editor.Document, _ string, p positionParams) (any, error) {
	h := d.Hover(offsetOf(d, p.Position))
	if h == nil {
		return nil, nil
	}
	return hover{markup{"markdown", h.Markdown()}, rangeOf(d, h.Range)}, nil
}

// completionKinds are the protocol's CompletionItemKind.
var completionKinds = map[editor.ColourKind]int{editor.Keyword: 14, editor.Function: 3, editor.Type: 25, editor.Namespace: 9, editor.Variable: 6,
	editor.Parameter: 6, editor.Property: 10, editor.EnumMember: 20, editor.Tensor: 5, editor.Constant: 21, editor.Operator: 24}

func (s *server) complete(d *editor.Document, _ string, p positionParams) (any, error) {
	s.Lock()
	snippets := s.snippets
	s.Unlock()
	list := completionList{Items: []completionItem{}}
	for i, item := range d.Complete(offsetOf(d, p.Position)) {
		out := completionItem{Label: item.Label, Kind: completionKinds[item.Kind], Detail: item.Detail, SortText: fmt.Sprintf("%05d", i),
			Format: formatPlain, TextEdit: textEdit{rangeOf(d, item.Replace), item.Insert}}
		if item.Insert != item.Label {
			out.FilterText = item.Insert
		}
		if snippets && item.Snippet != "" {
			out.Format, out.TextEdit.NewText = formatSnippet, item.Snippet
		}
		if item.Doc != "" {
			out.Documentation = &markup{"plaintext", item.Doc}
		}
		list.Items = append(list.Items, out)
	}
	return list, nil
}

func definition(d *editor.Document, uri string, p positionParams) (any, error) {
	at, ok := d.Definition(offsetOf(d, p.Position))
	if !ok {
		return nil, nil
	}
	return location{uri, rangeOf(d, at)}, nil
}

func references(d *editor.Document, uri string, p referenceParams) (any, error) {
	out := []location{}
	for _, r := range d.References(offsetOf(d, p.Position), p.Context.IncludeDeclaration) {
		out = append(out, location{uri, rangeOf(d, r)})
	}
	return out, nil
}

func highlight(d *editor.Document, _ string, p positionParams) (any, error) {
	type one struct {
		Range textRange `json:"range"`
	}
	out := []one{}
	for _, r := range d.References(offsetOf(d, p.Position), true) {
		out = append(out, one{rangeOf(d, r)})
	}
	return out, nil
}

func prepareRename(d *editor.Document, _ string, p positionParams) (any, error) {
	name, at, err := d.Renameable(offsetOf(d, p.Position))
	if err != nil {
		return nil, nil // the editor says that there is nothing to rename
	}
	return prepared{rangeOf(d, at), name}, nil
}

func (s *server) rename(d *editor.Document, uri string, p renameParams) (any, error) {
	edits, err := d.Rename(offsetOf(d, p.Position), p.NewName)
	if err != nil {
		return nil, failed(err)
	}
	out := workspaceEdit{map[string][]textEdit{uri: {}}}
	for _, e := range edits {
		out.Changes[uri] = append(out.Changes[uri], textEdit{rangeOf(d, e.Range), e.Text})
	}
	if tensor := d.Tensor(offsetOf(d, p.Position)); tensor != "" {
		s.show(messageWarning, fmt.Sprintf("%s keeps the name %s in %s: train again, or rename it there too", tensor, tensor, d.Model().Weights))
	}
	return out, nil
}

func formatting(d *editor.Document, _ string, _ documentParams) (any, error) {
	e, ok := d.Format()
	if !ok {
		return []textEdit{}, nil
	}
	return []textEdit{{rangeOf(d, e.Range), e.Text}}, nil
}

// symbolKinds are the protocol's SymbolKind.
var symbolKinds = map[editor.SymbolKind]int{editor.SymbolKind(dsl.ModelName): 2, editor.SymbolKind(dsl.ConstName): 14, editor.SymbolKind(dsl.InputName): 8,
	editor.SymbolKind(dsl.ParamName): 18, editor.SymbolKind(dsl.StateName): 13, editor.SymbolKind(dsl.ValueName): 13, editor.SymbolKind(dsl.OutputName): 24,
	editor.UpdateSymbol: 25, editor.BlockSymbol: 3, editor.SettingSymbol: 7, editor.PlainSymbol: 20}

func (s *server) symbols(d *editor.Document, uri string, _ documentParams) (any, error) {
	s.Lock()
	nested := s.nested
	s.Unlock()
	if nested {
		return nestedSymbols(d, d.Outline()), nil
	}
	out := []symbolInformation{}
	for _, o := range d.Outline() {
		for _, o := range append([]editor.Symbol{o}, o.Below...) {
			out = append(out, symbolInformation{o.Name, symbolKinds[o.Kind], location{uri, rangeOf(d, o.Whole)}})
		}
	}
	return out, nil
}

func nestedSymbols(d *editor.Document, symbols []editor.Symbol) []documentSymbol {
	out := []documentSymbol{}
	for _, o := range symbols {
		out = append(out, documentSymbol{o.Name, o.Detail, symbolKinds[o.Kind], rangeOf(d, o.Whole), rangeOf(d, o.At), nestedSymbols(d, o.Below)})
	}
	return out
}

// colours writes tokens as the protocol does: line and start from the token before, length, kind, modifiers.
func colours(d *editor.Document, _ string, _ documentParams) (any, error) {
	out := semanticTokens{Data: []int{}}
	before := position{}
	for _, c := range d.Colours() {
		r := rangeOf(d, c.Range)
		start := r.Start.Character
		if r.Start.Line == before.Line {
			start -= before.Character
		}
		modifiers := 0
		if c.Declares {
			modifiers = 1
		}
		out.Data = append(out.Data, r.Start.Line-before.Line, start, editor.Units(d.Text[c.Start:c.End]), slices.Index(editor.ColourKinds, c.Kind), modifiers)
		before = r.Start
	}
	return out, nil
}

func codeActions(d *editor.Document, uri string, p codeActionParams) (any, error) {
	out := []codeAction{}
	if only := p.Context.Only; len(only) > 0 && !slices.Contains(only, "quickfix") {
		return out, nil
	}
	for _, f := range d.Fixes(editor.Range{Start: offsetOf(d, p.Range.Start), End: offsetOf(d, p.Range.End)}) {
		out = append(out, codeAction{Title: f.Title, Kind: "quickfix", Diagnostics: []diagnostic{diagnosticOf(d, uri, f.Finding)},
			Preferred: len(f.Finding.Fixes) == 1,
			Edit:      workspaceEdit{map[string][]textEdit{uri: {{rangeOf(d, f.Edit.Range), f.Edit.Text}}}}})
	}
	return out, nil
}
