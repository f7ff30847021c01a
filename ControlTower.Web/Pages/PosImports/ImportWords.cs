using ControlTower.Data.PosImports;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.PosImports;

/// <summary>Words and looks of till files and stores.</summary>
internal static class ImportWords
{
    public static (Status Status, string Word) State(PosFile file) => file.State switch
    {
        "waiting" => (Status.Wait, "Waits for a worker"),
        "reading" => (Status.Run, "Being read"),
        "refused" => (Status.Bad, "Refused"),
        _ when file.Findings > 0 => (Status.Warn, "Done, with findings"),
        _ => (Status.Ok, "Done"),
    };

    public static (Status Status, string Word) Heard(PosStore store, DateTimeOffset now, TimeSpan silentAfter) =>
        IsSilent(store, now, silentAfter) ? (Status.Bad, "Silent")
        : store.Holes > 0 ? (Status.Warn, "Numbers missing")
        : (Status.Ok, "Heard");

    public static bool IsSilent(PosStore store, DateTimeOffset now, TimeSpan silentAfter) => now - store.BusinessAt > silentAfter;

    /// <summary>What was left out and why, without what did not occur.</summary>
    public static string LeftOut(PosCounts counts)
    {
        var parts = new (long Count, string Word)[]
        {
            (counts.Training, "training"), (counts.Voided, "voided"), (counts.Suspended, "suspended"), (counts.Cancelled, "cancelled"), (counts.Reentered, "re-entered"), (counts.Control, "no sale"),
        };
        return counts.LeftOut == 0 ? "nothing left out" : string.Join(", ", parts.Where(p => p.Count > 0).Select(p => $"{Say.Count(p.Count)} {p.Word}"));
    }

    public static string Finding(string code) => code switch
    {
        "gap" => "Numbers missing",
        "changed" => "Told before, otherwise",
        "grand-total" or "total" or "tax-total" => "Total is wrong",
        "tenders" => "Money does not fit",
        "quantity" or "amount" => "No sensible number",
        "xml" or "torn" or "cut-off" or "stray" or "unreadable" => "Not readable",
        "dtd" or "too-deep" or "too-large" or "encoding" or "not-poslog" or "nested" or "trailing" or "no-transaction" => "Not read",
        "status" => "Unknown state",
        _ => "Missing or wrong",
    };
}
