using ControlTower.Data.Triage;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>
/// One batch and its items without the markup. Items are read as they come into view, from the nearest place that is known: a list of a hundred thousand is never read whole.
/// </summary>
public sealed class BatchModel(BatchQueries batches, TimeProvider clock, ILogger log) : IDisposable
{
    /// <summary>Ids that one copy takes at most.</summary>
    public const int MostCopied = 10_000;

    private readonly CancellationTokenSource gone = new();
    private readonly SortedDictionary<int, int> places = []; // Index in the list -> ordinal before it.
    private long id;

    public PanelGuard Panel { get; } = new("This batch", clock, log);

    public BatchPicture? Picture { get; private set; }

    public bool IsMissing { get; private set; }

    /// <summary>The result that is listed; null for all.</summary>
    public string? Result { get; private set; }

    /// <summary>Length of the list.</summary>
    public int Count => Picture?.Row.CountOf(Result) ?? 0;

    public async Task OpenAsync(long batch, string? result)
    {
        (id, Result) = (batch, result);
        places.Clear();
        await RefreshAsync();
    }

    /// <summary>Asks again for the figures. What ended otherwise meanwhile has moved the list: places are found anew.</summary>
    public async Task RefreshAsync() => await Panel.AskAsync(async () =>
    {
        Picture = await batches.PictureAsync(id, gone.Token);
        IsMissing = Picture is null;
        places.Clear();
    });

    /// <summary>Items of a part of the list, for the virtual table.</summary>
    public async Task<IReadOnlyList<BatchItemRow>> WindowAsync(int start, int count)
    {
        IReadOnlyList<BatchItemRow> rows = [];
        await Panel.AskAsync(async () =>
        {
            var (index, after) = Result is null ? (start, start) : places.Where(p => p.Key <= start).Select(p => (p.Key, p.Value)).LastOrDefault();
            rows = await batches.ItemsAsync(id, Result, after, start - index, count, gone.Token);
            if (rows is [.., var last])
            {
                places[start + rows.Count] = last.Ordinal;
            }
        });
        return rows;
    }

    /// <summary>The ids of the cases that failed, one a line, as people name them.</summary>
    public async Task<(string Text, int Count)> FailedAsync()
    {
        List<long> failed = [];
        await Panel.AskAsync(async () => failed = await batches.CasesAsync(id, "failed", MostCopied, gone.Token));
        return (string.Join('\n', failed.Select(c => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"C-{c}"))), failed.Count);
    }

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }
}
