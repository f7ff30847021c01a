using System.Globalization;
using ControlTower.Data.Inventory;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>How drift is told.</summary>
internal static class DriftWords
{
    public static (Status Status, string Word) Standing(DriftCell cell) =>
        cell.Failure is not null ? (Status.Bad, "Not taken")
        : cell.Repair ? (Status.Run, "Being set right")
        : cell.Drift > 0 ? (Status.Bad, "Shows too much")
        : cell.Drift < 0 ? (Status.Warn, "Shows too little")
        : cell.Seen is null ? (Status.Off, cell.Due ? "Not looked at yet" : "Not listed there")
        : cell.Seen == cell.Expected ? (Status.Ok, "Agrees")
        : (Status.Wait, "Changing");

    /// <summary>Why, as far as it is known.</summary>
    public static string Why(DriftCell cell) =>
        cell.Failure is not null ? cell.Message ?? cell.Failure
        : cell.Drift != 0 && cell.Published == cell.Expected ? $"Changed at the channel: the tower left {cell.Published} there, and nothing that it heard of explains {cell.Seen}{(cell.Found > 1 ? $"; found {cell.Found} times in a row" : "")}."
        : cell.Drift != 0 ? "Changed at the channel before the tower's figure did."
        : cell.Seen == cell.Expected ? ""
        : cell.Published == cell.Expected ? "Moved at the channel; the tower waits until all of the channel's sales are heard."
        : cell.Seen is null ? "" : "The tower's figure changed and is on its way.";

    /// <summary>Sums of numerators and denominators, never of percentages.</summary>
    public static string Accuracy(int exact, int checkedCells, CultureInfo? culture) => checkedCells == 0 ? Say.None : Say.Percent((double)exact / checkedCells, culture);

    public static Status Accuracy(int exact, int checkedCells) => checkedCells == 0 ? Status.Off : exact >= checkedCells * 0.995 ? Status.Ok : exact >= checkedCells * 0.95 ? Status.Warn : Status.Bad;
}
