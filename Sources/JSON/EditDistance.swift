/// How many letters must be put in, taken out, replaced or swapped with their neighbour to make one word the other: for
/// the name that somebody may have meant.
///
/// - Parameters:
///   - first: A word.
///   - second: Another word. Of both only the first 64 bytes count, since names come from files that anybody wrote.
/// - Returns: The number of changes.
public func editDistance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first.utf8.prefix(64)), Array(second.utf8.prefix(64)))
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for (row, letter) in first.enumerated() {
        var current = [row + 1]
        for (column, other) in second.enumerated() {
            var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
            if row > 0, column > 0, letter == second[column - 1], other == first[row - 1] {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        beforeLast = last
        last = current
    }
    return last[second.count]
}
