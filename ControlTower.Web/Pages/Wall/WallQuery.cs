using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Wall;

public enum WallBoard { Flow, Connections, Exceptions }

/// <summary>What a screen on a wall shows, as its address says it: <c>/wall?boards=flow,connections&amp;every=20&amp;brand=Northlane&amp;theme=light</c>. Nobody sits before it, so a slip is not read as something else: it is said.</summary>
/// <param name="Every">How long each board stays; with a single one nothing turns.</param>
/// <param name="Brand">The only brand; null: all, or the one of the token.</param>
/// <param name="Wrong">What cannot be, each with the parameter's name; empty: all is well.</param>
public sealed record WallQuery(IReadOnlyList<WallBoard> Boards, TimeSpan Every, string? Brand, IReadOnlyList<string> Wrong)
{
    private const int Shortest = 5;
    private const int Longest = 3600;

    private static readonly string[] Names = [.. Enum.GetNames<WallBoard>().Select(name => name.ToLowerInvariant())];

    public static WallQuery Parse(string uri)
    {
        List<string> wrong = [];
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var asked = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        foreach (var (name, values) in asked)
        {
            if (name is not ("boards" or "every" or "brand" or "theme"))
                wrong.Add($"{Short(name)}: the wallboard has no such parameter. It has boards, every, brand and theme.");
            else if (values.Count > 1)
                wrong.Add($"{name}: stands there {values.Count} times.");
        }

        var boards = BoardsOf(Value("boards"), wrong);
        var every = EveryOf(Value("every"), wrong);
        if (Value("theme") is not (null or "" or "dark" or "light"))
            wrong.Add("theme: is dark or light.");
        return new WallQuery(boards, every, Value("brand") is { Length: > 0 } brand ? brand : null, wrong);

        string? Value(string name) => asked.TryGetValue(name, out var values) && values.Count == 1 ? values[0] : null;
    }

    /// <summary>Dark unless the address says otherwise: most walls hang where people look at them all day.</summary>
    public static string SchemeOf(HttpRequest request) => request.Query["theme"] == "light" ? "light" : "dark";

    /// <summary>Which board it is the turn of, and when the next is. It follows from the clock alone: after a restart the same board is there, and two screens side by side turn together.</summary>
    public (int Board, TimeSpan? Next) TurnAt(DateTimeOffset now)
    {
        if (Boards.Count == 1)
            return (0, null);
        var turn = now.UtcTicks / Every.Ticks;
        return ((int)(turn % Boards.Count), TimeSpan.FromTicks(((turn + 1) * Every.Ticks) - now.UtcTicks));
    }

    private static List<WallBoard> BoardsOf(string? text, List<string> wrong)
    {
        if (string.IsNullOrEmpty(text))
            return [WallBoard.Flow];
        List<WallBoard> boards = [];
        foreach (var name in text.Split(','))
        {
            var at = Array.IndexOf(Names, name);
            if (at < 0)
                wrong.Add($"boards: there is no board {Short(name)}. There are {string.Join(", ", Names)}.");
            else if (boards.Contains((WallBoard)at))
                wrong.Add($"boards: {name} stands there twice.");
            else
                boards.Add((WallBoard)at);
        }

        return boards.Count == 0 ? [WallBoard.Flow] : boards;
    }

    private static TimeSpan EveryOf(string? text, List<string> wrong)
    {
        if (string.IsNullOrEmpty(text))
            return TimeSpan.FromSeconds(20);
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= Shortest and <= Longest)
            return TimeSpan.FromSeconds(seconds);
        wrong.Add($"every: a whole number of seconds from {Shortest} to {Longest}.");
        return TimeSpan.FromSeconds(20);
    }

    private static string Short(string text) => text.Length > 40 ? text[..40] + "…" : text;
}
