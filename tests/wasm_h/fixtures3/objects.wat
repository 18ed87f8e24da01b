(module
  (type $pair (struct (field i32) (field i32)))
  (tag $tag (param i32))
  (func (export "pair") (result anyref) (struct.new $pair (i32.const 1) (i32.const 2)))
  (func (export "small") (param i32) (result anyref) (ref.i31 (local.get 0)))
  (func (export "same") (param anyref) (result anyref) (local.get 0))
  (func (export "extern") (param anyref) (result externref) (extern.convert_any (local.get 0)))
  (func (export "throw") (param i32) (throw $tag (local.get 0))))
