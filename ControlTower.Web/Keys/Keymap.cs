namespace ControlTower.Web.Keys;

/// <summary>
/// One key or sequence: <c>j</c>, <c>X</c> for Shift+x, <c>Enter</c>, <c>Escape</c>, <c>ArrowDown</c>, <c>g e</c>. <paramref name="Hint"/> puts it
/// into the line of hints. Bindings without <paramref name="Run"/> are shown only: the part itself handles them.
/// </summary>
public sealed record KeyBinding(string Keys, string Label, Func<Task>? Run = null, bool Hint = false)
{
    /// <summary>As printed on the keys.</summary>
    public IEnumerable<string> Caps => Keys.Split(' ').SelectMany(Cap);

    /// <summary>Down and up a list, by letter and by arrow.</summary>
    /// <param name="move">Goes so many rows down, or up if negative.</param>
    public static IEnumerable<KeyBinding> Walk(Func<int, Task> move, string next = "next", string previous = "previous") =>
    [
        new("j", next, () => move(1), Hint: true), new("k", previous, () => move(-1), Hint: true), new("ArrowDown", next, () => move(1)), new("ArrowUp", previous, () => move(-1)),
    ];

    private static IEnumerable<string> Cap(string key) => key switch
    {
        "Escape" => ["Esc"],
        "ArrowDown" => ["↓"],
        "ArrowUp" => ["↑"],
        { Length: 1 } when char.IsAsciiLetterUpper(key[0]) => ["Shift", key.ToLowerInvariant()],
        _ => [key],
    };
}

/// <summary>The keys of one page, or of the shell. One record feeds the handler, the hints, the palette and the help.</summary>
public sealed record Keymap(string Title, IReadOnlyList<KeyBinding> Bindings);
