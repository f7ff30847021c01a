using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>Words by which cases are found. Triggers keep them; here cases from before the triggers get theirs.</summary>
public static class CaseWordsUpkeep
{
    private const int Slice = 1_000;
    private const int Slices = 20;

    // The same words whoever puts them: a case that changed meanwhile has its own already.
    private const string Fill =
        """
        with mark as (
            select upto from upkeep_mark where what = 'case-words' and upto > 0 for update skip locked),
        slice as materialized (
            select c.id from exception_case c, mark where c.id < mark.upto order by c.id desc limit $1),
        filled as (
            insert into case_words select c.id, case_words_of(c) from exception_case c join slice using (id) on conflict do nothing)
        update upkeep_mark set upto = coalesce((select min(id) from slice), 0) where what = 'case-words' and exists (select from mark)
        returning upto
        """;

    /// <summary>Goes on with the filling for a while. May be broken off and repeated at any time; nothing is left to do after the first days of a version.</summary>
    public static async Task FillAsync(NpgsqlDataSource data, CancellationToken cancel)
    {
        for (var i = 0; i < Slices && await data.Command(Fill, Sql.Of(Slice)).ScalarAsync<long>(cancel) > 0; i++)
        {
        }
    }
}
