using System.Collections.Concurrent;
using ControlTower.Data.Accounts;

namespace ControlTower.Web.Auth;

/// <summary>
/// Says whose session it is, from the database, remembered for 2 s: with a circuit that asks every 3 s, a disabled person or a changed role is
/// seen everywhere within 5 s where nothing is slow, and well within the 10 s that are promised, whatever becomes of the machine's time of day. When the database cannot say, it throws: nobody gets in
/// on an old answer.
/// </summary>
public sealed class SessionGate(SessionStore sessions, TimeProvider clock)
{
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(2);

    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, (long At, SignedIn? Person)> seen = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> touched = new(StringComparer.Ordinal);

    /// <summary>Null when the session is over.</summary>
    public async Task<SignedIn?> WhoAsync(string session, CancellationToken stop = default)
    {
        if (session.Length != 64)
            return null;
        if (seen.TryGetValue(session, out var known) && clock.GetElapsedTime(known.At) < Remembered)
            return known.Person;
        var now = clock.GetTimestamp();
        var open = await sessions.ReadAsync(session, stop);
        var person = open is null ? null : SignedIn.Of(open);
        if (seen.Count >= Most)
            Forget();
        seen[session] = (now, person);
        return person;
    }

    /// <summary>The session as the database has it now, nothing remembered. Null when it is over.</summary>
    public Task<OpenSession?> NowAsync(string session, CancellationToken stop = default) => session.Length == 64 ? sessions.ReadAsync(session, stop) : Task.FromResult<OpenSession?>(null);

    /// <summary>The person did something: keeps the session from going idle. Reaches the database once a minute at most.</summary>
    public async Task TouchAsync(string session, CancellationToken stop = default)
    {
        if (touched.TryGetValue(session, out var last) && clock.GetElapsedTime(last) < TimeSpan.FromMinutes(1))
            return;
        touched[session] = clock.GetTimestamp();
        await sessions.TouchAsync(session, stop);
    }

    public async Task EndAsync(string session, CancellationToken stop = default)
    {
        await sessions.EndAsync(session, stop);
        seen.TryRemove(session, out _);
    }

    private void Forget()
    {
        foreach (var (session, entry) in seen)
        {
            if (clock.GetElapsedTime(entry.At) >= Remembered && seen.TryRemove(session, out _))
                touched.TryRemove(session, out _);
        }
    }
}
