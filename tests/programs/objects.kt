// A program of objects for a compiler that emits the garbage collected types of Wasm 3.0: what it prints must be what it
// prints on a Java virtual machine. It allocates some 300 MiB, of which little lives at a time.

sealed class Expr
data class Num(val value: Long) : Expr()
data class Sum(val left: Expr, val right: Expr) : Expr()
data class Product(val left: Expr, val right: Expr) : Expr()
class Quotient(val left: Expr, val right: Expr) : Expr()

class DivisionByZero(val at: Long) : ArithmeticException("division by zero at $at")

fun eval(expr: Expr): Long = when (expr) {
    is Num -> expr.value
    is Sum -> eval(expr.left) + eval(expr.right)
    is Product -> eval(expr.left) * eval(expr.right)
    is Quotient -> {
        val divisor = eval(expr.right)
        if (divisor == 0L) throw DivisionByZero(eval(expr.left))
        eval(expr.left) / divisor
    }
}

// Numbers that are the same on every machine.
class Random(private var state: Long) {
    fun next(bound: Int): Int {
        state = state * 6364136223846793005L + 1442695040888963407L
        return ((state ushr 33) % bound).toInt()
    }
}

fun grow(random: Random, depth: Int): Expr =
    if (depth == 0) Num(random.next(100).toLong()) else when (random.next(7)) {
        0, 1, 2 -> Sum(grow(random, depth - 1), grow(random, depth - 1))
        3, 4 -> Product(grow(random, depth - 1), grow(random, depth - 1))
        5 -> Quotient(grow(random, depth - 1), Num(random.next(99).toLong()))
        else -> Num(random.next(1000).toLong())
    }

class Tree(val left: Tree?, val right: Tree?) {
    fun count(): Int = 1 + (left?.count() ?: 0) + (right?.count() ?: 0)
}

fun tree(depth: Int): Tree = if (depth == 0) Tree(null, null) else Tree(tree(depth - 1), tree(depth - 1))

interface Shape { val area: Double }
class Circle(private val radius: Double) : Shape { override val area get() = 3.0 * radius * radius }
class Square(private val side: Double) : Shape { override val area get() = side * side }

class Node<T>(val value: T) { var next: Node<T>? = null }

fun expressions() {
    val random = Random(1)
    var failures = 0
    var total = 0L
    repeat(3000) {
        try {
            total = total * 31 + eval(grow(random, 8))
        } catch (e: DivisionByZero) {
            failures++
            total = total xor e.at
        } finally {
            total++
        }
    }
    println("expressions: $total, $failures failures")
}

fun trees() {
    val longLived = tree(12)
    var nodes = 0
    repeat(400) { nodes += tree(12).count() }
    println("trees: $nodes and ${longLived.count()}")
}

fun collections() {
    val random = Random(2)
    val words = List(20_000) { "word${random.next(4000)}" }
    val counts = words.groupingBy { it }.eachCount()
    val top = counts.entries.sortedWith(compareByDescending<Map.Entry<String, Int>> { it.value }.thenBy { it.key }).take(5)
    println("words: ${counts.size}, $top")
    val queue = ArrayDeque<Int>()
    val seen = HashSet<Int>()
    queue.add(1)
    while (queue.isNotEmpty() && seen.size < 5000) {
        val n = queue.removeFirst()
        if (!seen.add(n)) continue
        queue.add(n * 2 % 10_007)
        queue.add(n * 3 % 10_007)
    }
    println("seen: ${seen.size}, ${seen.fold(7) { hash, n -> hash xor (n * 31) }}")
    val primes = generateSequence(2) { it + 1 }.filter { n -> (2..n / 2).none { n % it == 0 } }.take(100).toList()
    println("primes: ${primes.takeLast(3)}")
    val fibonacci = sequence {
        var pair = 0L to 1L
        while (true) {
            yield(pair.first)
            pair = pair.second to pair.first + pair.second
        }
    }
    println("fibonacci: ${fibonacci.drop(80).take(3).joinToString()}")
}

fun arrays() {
    val bytes = ByteArray(70_000) { (it * 7).toByte() }
    val shorts = ShortArray(1000) { (it * 77).toShort() }
    val chars = CharArray(1000) { ('a' + it % 26) }
    val doubles = DoubleArray(1000) { it / 8.0 }
    val grid = Array(50) { row -> LongArray(50) { column -> (row * column).toLong() } }
    bytes.copyInto(bytes, 1, 0, 60_000)
    bytes.sort(100, 5000)
    println("arrays: ${bytes.contentHashCode()} ${shorts.sum()} ${chars.concatToString(20, 30)} ${doubles.sum()} " +
        "${grid.sumOf { it.sum() }}")
    for (index in listOf(999, 1000, -1)) {
        println(try { "${chars[index]}" } catch (e: IndexOutOfBoundsException) { "out of bounds" })
    }
}

fun casts() {
    val things: List<Any?> = listOf(1, 2L, "three", 4.5, null, 'c', listOf(1), Num(6), Circle(1.0), Square(2.0), true)
    val text = things.joinToString { thing ->
        when (thing) {
            null -> "nothing"
            is Int -> "int $thing"
            is Long -> "long $thing"
            is CharSequence -> "text of ${thing.length}"
            is Shape -> "area ${thing.area}"
            is List<*> -> "list of ${thing.size}"
            is Expr -> "expression $thing"
            else -> "other"
        }
    }
    println(text)
    println(try { (things[2] as Shape).area.toString() } catch (e: ClassCastException) { "not a shape" })
}

fun cycles() {
    var length = 0L
    repeat(2000) { round ->
        val first = Node(round)
        var last = first
        repeat(500) { last.next = Node(it).also { node -> last = node } }
        last.next = first
        length += last.next!!.value
    }
    println("cycles: $length")
}

fun text() {
    val builder = StringBuilder()
    repeat(3000) { builder.append(it).append(if (it % 10 == 0) '\n' else ' ') }
    val numbers = Regex("""(\d)\1\b""").findAll(builder).map { it.value }.groupingBy { it }.eachCount()
    println("doubled digits: ${numbers.toList().sortedBy { it.first }}")
    println(builder.lines().map { it.reversed() }.sorted().first { it.isNotEmpty() })
}

fun main() {
    expressions()
    trees()
    collections()
    arrays()
    casts()
    cycles()
    text()
}
