for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const worth = (row, column) => {
    const cell = row.cells[column];
    return "sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent;
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const rows = [...body.rows];
      const numbers = rows.some((row) => typeof worth(row, column) === "number");
      const up = head.ariaSort ? head.ariaSort === "descending" : !numbers;
      for (const other of table.tHead.rows[0].cells) other.ariaSort = null;
      head.ariaSort = up ? "ascending" : "descending";
      const turn = up ? 1 : -1;
      rows.sort((a, b) => {
        const [x, y] = [worth(a, column), worth(b, column)];
        if (numbers) {
          const [known, other] = [typeof x === "number", typeof y === "number"];
          return known && other ? turn * (x - y) : other - known;
        }
        return turn * String(x).localeCompare(String(y));
      });
      body.append(...rows);
    });
  });
}
