namespace ControlTower.Data.Audit;

/// <summary>One thing wrong with the trail, at the place where it shows.</summary>
public sealed record AuditFinding(long Seq, string What);

/// <summary>
/// Walks the whole chain: every hash recomputed, every link followed, no number missing, the head equal to the last row, and every anchor found
/// where it was. Finds a change, a removal, an insertion, a reordering, a cut tail and, with anchors, a rewrite of everything.
/// </summary>
public sealed class AuditCheck(AuditReader reader)
{
    public async Task<IReadOnlyList<AuditFinding>> RunAsync(IReadOnlyList<AuditAnchor> anchors, CancellationToken stop = default)
    {
        List<AuditFinding> findings = [];
        var head = await reader.HeadAsync(stop);
        var anchored = anchors.ToLookup(anchor => anchor.Seq, anchor => anchor.Hash);
        var expected = AuditHash.Genesis;
        long last = 0;
        await foreach (var row in reader.ChainAsync(stop))
        {
            // The chain may have grown since the head was read; what is older than that reading must be whole.
            if (row.Seq != last + 1)
                findings.Add(new(row.Seq, $"Rows {last + 1} to {row.Seq - 1} are missing."));
            if (!row.PrevHash.AsSpan().SequenceEqual(expected))
                findings.Add(new(row.Seq, "Does not follow the row before it."));
            var hash = AuditHash.Of(row);
            if (!row.Hash.AsSpan().SequenceEqual(hash))
                findings.Add(new(row.Seq, "Was changed after it was written."));
            if (anchored[row.Seq].Any(anchor => anchor != Convert.ToHexStringLower(row.Hash)))
                findings.Add(new(row.Seq, "Differs from the anchor kept outside the database."));
            if (row.Seq == head.Seq && head.Hash != Convert.ToHexStringLower(row.Hash))
                findings.Add(new(row.Seq, "Differs from the head of the chain."));
            (expected, last) = (row.Hash, row.Seq);
        }

        if (head.Seq < 0 || last < head.Seq)
            findings.Add(new(last, head.Seq < 0 ? "The head row is gone." : $"The tail is cut: the head says {head.Seq}."));
        if (anchors.Count > 0 && anchors.Max(anchor => anchor.Seq) is var furthest && furthest > last)
            findings.Add(new(last, $"The tail is cut: an anchor outside the database says {furthest}."));
        return findings;
    }
}
