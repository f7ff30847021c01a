using ControlTower.Data.Audit;
using ControlTower.Data.Db;

namespace ControlTower.Web.Auth;

/// <summary>
/// Writes into the audit what people and API clients were not allowed to do: who, which permission, at which door, from which address. The first of its kind in a person's minute is a row; repeats,
/// and everything beyond <see cref="MostPerMinute"/> kinds, are counted and told with the next row, so that nobody can flood the chain. A door is named by its pattern, never by what was sent.
/// </summary>
public sealed partial class Denials(AuditLog audit, TimeProvider clock, ILogger<Denials> log)
{
    public const int MostPerMinute = 20;

    private const int LongestDoor = 200;
    private const int MostWindows = 10_000;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Window> windows = [];

    /// <summary>Never throws: a refusal stands whether or not it could be written down.</summary>
    /// <param name="door">For example <c>route:/admin</c>; a pattern of ours, no input.</param>
    /// <param name="reason">Where it is another one than that the permission is not theirs; words of ours.</param>
    /// <param name="counted">By what repeats are counted where it is not the account.</param>
    /// <param name="detail">What else the row is to say.</param>
    public async Task TellAsync(Actor who, string permission, string door, string? reason = null, Guid? counted = null, IReadOnlyDictionary<string, string>? detail = null)
    {
        if (!IsNews(counted ?? who.Id ?? Guid.Empty, permission, reason is null ? door : $"{door}:{reason}", out var untold))
            return;
        try
        {
            // Not the caller's token: whoever hangs up is written down all the same.
            await audit.AppendAsync(
                new AuditEntry(
                    who, permission, door.Length > LongestDoor ? door[..LongestDoor] : door, AuditOutcome.Refused, reason ?? (who.Role == ApiKeyScheme.Role ? "not among its scopes" : "not part of the role"),
                    untold > 0 ? WithCount(detail, untold) : detail),
                CancellationToken.None);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error) || error is InvalidOperationException)
        {
            NotWritten(log, permission, door, error.Message);
        }
    }

    private bool IsNews(Guid person, string permission, string door, out int untold)
    {
        lock (gate)
        {
            var now = clock.GetTimestamp();
            untold = 0;
            if (!windows.TryGetValue(person, out var window) || clock.GetElapsedTime(window.Began) >= Minute)
            {
                untold = window?.Untold ?? 0;
                Forget();
                windows[person] = window = new Window(now);
            }

            if (window.Told.Count < MostPerMinute && window.Told.Add((permission, door)))
                return true;
            window.Untold++;
            return false;
        }
    }

    private static Dictionary<string, string> WithCount(IReadOnlyDictionary<string, string>? detail, int untold)
    {
        Dictionary<string, string> all = new(StringComparer.Ordinal) { ["more before this"] = untold.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        foreach (var (name, value) in detail?.AsEnumerable() ?? [])
            all[name] = value;
        return all;
    }

    // People at an authority are more than those who have an account here: of so many the oldest are forgotten.
    private void Forget()
    {
        if (windows.Count < MostWindows)
            return;
        foreach (var (key, _) in windows.Where(one => clock.GetElapsedTime(one.Value.Began) >= Minute).OrderBy(one => one.Value.Began).Take(MostWindows / 2).ToList())
            windows.Remove(key);
    }

    private sealed class Window(long began)
    {
        public long Began => began;

        public HashSet<(string, string)> Told { get; } = [];

        public int Untold { get; set; }
    }

    [LoggerMessage(EventId = 3201, Level = LogLevel.Error, Message = "A refusal of {Permission} at {Door} could not be written into the audit: {Reason}")]
    private static partial void NotWritten(ILogger log, string permission, string door, string reason);
}
