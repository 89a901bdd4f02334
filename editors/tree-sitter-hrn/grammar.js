// The grammar of model.hrn for tree-sitter. docs/language.md has the language; dsl/ast.go is what reads it.
//
// Lines end statements, but not inside brackets, behind an operator, and before one. What a line goes on with is told here by what may
// stand next: statements follow each other without a mark, and line ends are white space. An update or a named value begins with a
// name and an arrow or =, which no expression goes on with, so that nothing is ambiguous.

const PREC = { compare: 1, add: 2, multiply: 3, unary: 4, power: 5 };

const list = (rule) => seq(rule, repeat(seq(',', rule)));

module.exports = grammar({
  name: 'hrn',

  extras: ($) => [/[\s\uFEFF]/, $.comment],

  word: ($) => $.identifier,

  supertypes: ($) => [$._statement, $._expression],

  rules: {
    source_file: ($) => repeat(choice($._statement, ';')),

    _statement: ($) => choice(
      $.model, $.const, $.input, $.steps, $.restart, $.param, $.state,
      $.update, $.value, $.output, $.labels, $.weights, $.block,
    ),

    model: ($) => seq('model', field('name', $.identifier)),
    const: ($) => seq('const', field('name', $.identifier), '=', field('value', $._expression)),
    input: ($) => seq('input', field('name', $.identifier), ':', field('type', $.type),
      optional(seq(choice('/', '*'), field('scale', $._expression)))),
    steps: ($) => seq('steps', field('count', $._expression)),
    restart: ($) => seq('restart', field('count', $._expression), 'hop', field('hop', $._expression)),
    param: ($) => seq('param', field('name', $.identifier), optional(seq(':', field('type', $.type)))),
    state: ($) => seq('state', field('name', $.identifier), optional(seq(':', field('type', $.type))),
      optional(seq('range', field('range', $._expression))),
      optional(seq('headroom', field('headroom', $._expression)))),
    update: ($) => seq(field('state', $.identifier), '<-', field('value', $._expression)),
    value: ($) => seq(field('name', $.identifier), '=', field('value', $._expression)),
    output: ($) => prec.right(seq('output', optional(seq(field('name', $.identifier), '=')), field('value', $._expression),
      optional(field('time', $.time)))),
    time: ($) => prec.right(choice(
      seq(optional('at'), 'last', optional('step')),
      seq(optional('at'), 'every', optional('step')),
      'mean',
    )),
    labels: ($) => seq('labels', list($.string)),
    weights: ($) => seq('weights', field('file', $.string)),

    block: ($) => seq(
      field('kind', choice('train', 'decide', 'target')), optional(field('name', $.identifier)),
      '{', repeat($.setting), '}',
    ),
    setting: ($) => seq(
      field('key', alias($.identifier, $.key)), '=',
      field('value', choice($._setting_value, $.setting_list)),
      optional(choice(',', ';')),
    ),
    setting_list: ($) => seq('[', optional(list($._setting_value)), ']'),
    _setting_value: ($) => choice($.word, $.number, $.frequency, $.string, $.negative),
    negative: ($) => seq('-', $.number),
    word: ($) => $.identifier,

    type: ($) => choice(seq(field('name', $.type_name), optional($.shape)), $.shape),
    type_name: ($) => $.identifier,
    shape: ($) => seq('[', optional(list($._expression)), ']'),

    _expression: ($) => choice(
      $.comparison, $.sum, $.product, $.negation, $.power,
      $.number, $.name, $.call, $.parentheses,
    ),

    comparison: ($) => prec.left(PREC.compare, seq(field('left', $._expression), field('operator', choice('>', '<')), field('right', $._expression))),
    sum: ($) => prec.left(PREC.add, seq(field('left', $._expression), field('operator', choice('+', '-')), field('right', $._expression))),
    product: ($) => prec.left(PREC.multiply, seq(field('left', $._expression), field('operator', choice('*', '/')), field('right', $._expression))),
    negation: ($) => prec(PREC.unary, seq('-', $._expression)),
    power: ($) => prec.right(PREC.power, seq(field('base', $._expression), '^', field('exponent', $._expression))),
    parentheses: ($) => seq('(', $._expression, ')'),
    name: ($) => $.identifier,
    call: ($) => seq(field('function', alias($.identifier, $.function)), '(', optional(list($._argument)), ')'),
    _argument: ($) => choice($._expression, $.option, $.list),
    option: ($) => seq(field('name', alias($.identifier, $.option_name)), '=', field('value', choice($._expression, $.list))),
    list: ($) => seq('[', list($._expression), ']'),

    identifier: ($) => /[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z0-9_]+)*/,
    number: ($) => /[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/,
    frequency: ($) => /[0-9]+(\.[0-9]+)?[kMG]?Hz/,
    string: ($) => /"(\\.|[^"\\\n])*"/,
    comment: ($) => token(choice(/\/\/[^\n]*/, /\/\*([^*]|\*+[^*\/])*\*+\//)),
  },
});
