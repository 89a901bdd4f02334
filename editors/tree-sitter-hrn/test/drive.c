/* Parses files with the grammar and prints their trees, for editors_test.go:
 *   drive FILE...          a line a file: the tree as an S-expression, or ERROR line:column in front of it
 *   drive -q QUERY FILE    the captures of a query: line:column name text
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_hrn(void);

static char *read_file(const char *path, uint32_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    char *text = malloc((size_t)n + 1);
    if (!text || fread(text, 1, (size_t)n, f) != (size_t)n) {
        exit(1);
    }
    text[n] = 0;
    fclose(f);
    *size = (uint32_t)n;
    return text;
}

static int first_error(TSNode node) {
    if (ts_node_is_missing(node) || strcmp(ts_node_type(node), "ERROR") == 0) {
        TSPoint p = ts_node_start_point(node);
        printf("ERROR %u:%u ", p.row + 1, p.column + 1);
        return 1;
    }
    for (uint32_t i = 0; i < ts_node_child_count(node); i++) {
        if (first_error(ts_node_child(node, i))) {
            return 1;
        }
    }
    return 0;
}

static int captures(const char *query_file, const char *file, TSParser *parser) {
    uint32_t n, m, at;
    TSQueryError kind;
    char *source = read_file(query_file, &n), *text = read_file(file, &m);
    TSQuery *query = ts_query_new(tree_sitter_hrn(), source, n, &at, &kind);
    if (!query) {
        fprintf(stderr, "%s: error %d at byte %u\n", query_file, kind, at);
        return 1;
    }
    TSTree *tree = ts_parser_parse_string(parser, NULL, text, m);
    TSQueryCursor *cursor = ts_query_cursor_new();
    ts_query_cursor_exec(cursor, query, ts_tree_root_node(tree));
    TSQueryMatch match;
    uint32_t i;
    while (ts_query_cursor_next_capture(cursor, &match, &i)) {
        TSNode node = match.captures[i].node;
        uint32_t length, start = ts_node_start_byte(node), end = ts_node_end_byte(node);
        TSPoint p = ts_node_start_point(node);
        const char *name = ts_query_capture_name_for_id(query, match.captures[i].index, &length);
        printf("%u:%u %.*s %.*s\n", p.row + 1, p.column + 1, (int)length, name, (int)(end - start), text + start);
    }
    return 0;
}

int main(int argc, char **argv) {
    TSParser *parser = ts_parser_new();
    if (!ts_parser_set_language(parser, tree_sitter_hrn())) {
        fprintf(stderr, "the library does not know the parser's version\n");
        return 1;
    }
    if (argc == 4 && strcmp(argv[1], "-q") == 0) {
        return captures(argv[2], argv[3], parser);
    }
    for (int i = 1; i < argc; i++) {
        uint32_t n;
        char *text = read_file(argv[i], &n);
        TSTree *tree = ts_parser_parse_string(parser, NULL, text, n);
        TSNode root = ts_tree_root_node(tree);
        if (ts_node_has_error(root)) {
            first_error(root);
        }
        char *s = ts_node_string(root);
        puts(s);
        free(s);
        ts_tree_delete(tree);
        free(text);
    }
    ts_parser_delete(parser);
    return 0;
}
