(module $exceptions
  (import "host" "f" (func $f (param i32)))
  (import "host" "tag" (tag $tag (param i32 f64 externref)))
  (tag $own (export "own") (param i64))
  (export "tag" (tag $tag))
  ;; What the host threw: its number; -1 for other exceptions, 0 for none.
  (func (export "catch") (param i32) (result i32)
    block $other
      block $ours (result i32 f64 externref)
        try_table (catch $tag $ours) (catch_all $other)
          local.get 0 call $f
        end
        i32.const 0 return
      end
      drop drop return
    end
    i32.const -1)
  (func $throw_own (export "throw_own") (param i64) local.get 0 throw $own)
  (func (export "call") (param i32) local.get 0 call $f)
  (func (export "rethrow") (param exnref) local.get 0 throw_ref)
  (func (export "caught") (param i32) (result exnref)
    block $h (result exnref)
      try_table (catch_all_ref $h) local.get 0 call $f end
      ref.null exn
    end))
