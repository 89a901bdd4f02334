[(block) (shape) (list) (setting_list) (call) (parentheses)] @indent
["}" "]" ")"] @outdent
