"""Which columns explain y? An objective for wasserwerk in Python, without packages: see docs/objectives.md.

A node is a text of 0 and 1, one for each column: the columns in use. x are the coefficients of all columns; those not in use are
pulled to 0. V = mean squared error / 2 + price * (columns in use) + ridge. Neighbours differ in one column.
"""

import json
import sys

# y = 2 * a - 1.5 * d, with four columns that are no use. Rows are made here, so that the example stands alone.
COLUMNS = 6
ROWS = 40


def table():
    state = 12345
    rows = []
    for _ in range(ROWS):
        row = []
        for _ in range(COLUMNS):
            state = (1103515245 * state + 12345) % 2**31
            row.append(2 * state / 2**31 - 1)
        rows.append(row)
    return rows, [2 * row[0] - 1.5 * row[3] for row in rows]


A, Y = table()


def value_and_gradient(node, x, price):
    gradient = [0.0] * COLUMNS
    value = 0.0
    for row, y in zip(A, Y):
        residual = sum(x[j] * row[j] for j in range(COLUMNS) if node[j] == "1") - y
        value += 0.5 * residual * residual / ROWS
        for j in range(COLUMNS):
            if node[j] == "1":
                gradient[j] += residual * row[j] / ROWS
    for j in range(COLUMNS):
        strength = 0.001 if node[j] == "1" else 1.0
        value += 0.5 * strength * x[j] * x[j]
        gradient[j] += strength * x[j]
    return value + price * node.count("1"), gradient


def flipped(node, j):
    return node[:j] + ("0" if node[j] == "1" else "1") + node[j + 1 :]


def answer(question, options):
    call = question["call"]
    if call == "hello":
        return {"protocol": 1, "miniBatches": False, "has": ["initial", "neighbours"]}
    if call == "dimension":
        return {"dimension": COLUMNS}
    if call == "evaluate":
        value, gradient = value_and_gradient(question["node"], question["x"], options.get("price", 0.01))
        return {"value": value, "gradient": gradient} if question["gradient"] else {"value": value}
    if call == "initial":
        return {"x": [0.0] * COLUMNS}
    if call == "neighbours":
        return {"neighbours": [flipped(question["node"], j) for j in range(COLUMNS)]}
    raise ValueError("unknown call " + call)


def main():
    options = {}
    for line in sys.stdin:
        question = json.loads(line)
        if question["call"] == "hello":
            options = question["options"]
        try:
            reply = answer(question, options)
        except Exception as error:  # told to wasserwerk, which stops the run with this text
            reply = {"error": f"{type(error).__name__}: {error}"}
        # One line, and flushed: a line that stays in a buffer is a process that does not answer.
        print(json.dumps({"id": question["id"], **reply}, allow_nan=False), flush=True)


if __name__ == "__main__":
    main()
