package githubtest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"path"
	"strings"
	"time"
)

// What follows writes the fake's world in the shapes of the API: whole ones, so
// that the description can judge them.

type object = map[string]any

func stamp(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format(time.RFC3339)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *Server) user(login string) object {
	u := s.base + "/users/" + login
	return object{
		"login": login, "id": 1, "node_id": "U_1", "avatar_url": u + "/avatar", "gravatar_id": "", "url": u, "html_url": s.web + "/" + login,
		"followers_url": u + "/followers", "following_url": u + "/following", "gists_url": u + "/gists", "starred_url": u + "/starred",
		"subscriptions_url": u + "/subscriptions", "organizations_url": u + "/orgs", "repos_url": u + "/repos", "events_url": u + "/events",
		"received_events_url": u + "/received_events", "type": "User", "site_admin": false,
	}
}

// repository is a minimal one, or with whole a full one.
func (s *Server) repository(r *Repo, whole bool) object {
	u := s.base + "/repos/" + r.Owner + "/" + r.Name
	o := object{
		"id": 7, "node_id": "R_7", "name": r.Name, "full_name": r.Owner + "/" + r.Name, "owner": s.user(r.Owner), "private": true,
		"html_url": s.web + "/" + r.Owner + "/" + r.Name, "description": nil, "fork": false, "url": u,
	}
	for name := range strings.FieldsSeq("archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads " +
		"events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls " +
		"releases stargazers statuses subscribers subscription tags teams trees") {
		o[name+"_url"] = u + "/" + name
	}
	if !whole {
		return o
	}
	o["permissions"] = object{"admin": false, "maintain": false, "push": true, "triage": true, "pull": true}
	maps.Copy(o, object{
		"clone_url": u + ".git", "default_branch": r.Default, "forks": 0, "forks_count": 0, "git_url": u, "ssh_url": u, "svn_url": u, "mirror_url": nil,
		"has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false, "has_downloads": false, "has_discussions": false, "homepage": nil, "language": "Go",
		"archived": false, "disabled": false, "open_issues": 0, "open_issues_count": 0, "license": nil, "pushed_at": stamp(s.born), "created_at": stamp(s.born),
		"updated_at": stamp(s.born), "size": 1, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "network_count": 0, "subscribers_count": 0,
	})
	return o
}

func (s *Server) workflow(r *Repo, w *Workflow) object {
	state := "active"
	if w.Disabled {
		state = "disabled_manually"
	}
	u := fmt.Sprintf("%s/repos/%s/%s/actions/workflows/%d", s.base, r.Owner, r.Name, w.ID)
	return object{
		"id": w.ID, "node_id": "W_1", "name": w.Name, "path": w.Path, "state": state, "created_at": stamp(s.born), "updated_at": stamp(s.born),
		"url": u, "html_url": s.web + "/" + r.Owner + "/" + r.Name + "/blob/" + r.Default + "/" + w.Path, "badge_url": u + "/badge.svg",
	}
}

func (s *Server) run(r *Repo, x *run, a *attempt) object {
	status, conclusion, updated := a.state(s.now())
	u := fmt.Sprintf("%s/repos/%s/%s/actions/runs/%d", s.base, r.Owner, r.Name, x.id)
	title := x.w.Name
	if x.w.RunName != nil {
		title = x.w.RunName(x.inputs)
	}
	pulls := []any{}
	for _, p := range r.Pulls {
		if p.Head == x.branch {
			pulls = append(pulls, s.pullMinimal(r, p))
		}
	}
	return object{
		"id": x.id, "name": title, "node_id": "WFR_1", "check_suite_id": x.id + 1, "check_suite_node_id": "CS_1", "head_branch": x.branch, "head_sha": x.sha,
		"path": x.w.Path, "run_number": x.number, "run_attempt": a.n, "event": x.event, "status": status, "conclusion": orNull(conclusion),
		"workflow_id": x.w.ID, "url": u, "html_url": fmt.Sprintf("%s/%s/%s/actions/runs/%d", s.web, r.Owner, r.Name, x.id), "pull_requests": pulls,
		"created_at": stamp(x.created), "updated_at": stamp(updated), "run_started_at": stamp(a.began),
		"actor": s.user(x.actor), "triggering_actor": s.user(x.actor), "jobs_url": u + "/jobs", "logs_url": u + "/logs",
		"check_suite_url": u + "/check-suite", "artifacts_url": u + "/artifacts", "cancel_url": u + "/cancel", "rerun_url": u + "/rerun",
		"previous_attempt_url": nil, "workflow_url": fmt.Sprintf("%s/repos/%s/%s/actions/workflows/%d", s.base, r.Owner, r.Name, x.w.ID),
		"head_commit": object{
			"id": x.sha, "tree_id": x.sha, "message": "a change", "timestamp": stamp(x.created),
			"author": object{"name": "Ada", "email": "ada@example.com"}, "committer": object{"name": "Ada", "email": "ada@example.com"},
		},
		"repository": s.repository(r, false), "head_repository": s.repository(r, false), "display_title": title,
	}
}

func (s *Server) job(r *Repo, x *run, a *attempt, j jobState) object {
	u := fmt.Sprintf("%s/repos/%s/%s/actions", s.base, r.Owner, r.Name)
	steps := []any{}
	for _, st := range j.steps {
		steps = append(steps, object{
			"name": st.name, "status": st.status, "conclusion": orNull(st.conclusion), "number": st.number,
			"started_at": stamp(st.started), "completed_at": stamp(st.completed),
		})
	}
	runner, runnerName := any(nil), any(nil)
	started := j.created // GitHub gives a queued job the time of its creation
	if !j.started.IsZero() {
		started = j.started
		runner, runnerName = 3, "runner-3"
	}
	return object{
		"id": j.id, "run_id": x.id, "run_url": fmt.Sprintf("%s/runs/%d", u, x.id), "run_attempt": a.n, "node_id": "J_1", "head_sha": x.sha,
		"url": fmt.Sprintf("%s/jobs/%d", u, j.id), "html_url": fmt.Sprintf("%s/%s/%s/actions/runs/%d/job/%d", s.web, r.Owner, r.Name, x.id, j.id),
		"status": j.status, "conclusion": orNull(j.conclusion), "created_at": stamp(j.created), "started_at": stamp(started), "completed_at": stamp(j.completed),
		"name": j.job.Name, "steps": steps, "check_run_url": fmt.Sprintf("%s/repos/%s/%s/check-runs/%d", s.base, r.Owner, r.Name, j.id),
		"labels": []any{"ubuntu-latest"}, "runner_id": runner, "runner_name": runnerName, "runner_group_id": runner, "runner_group_name": runnerName,
		"workflow_name": x.w.Name, "head_branch": x.branch,
	}
}

func (s *Server) checkRun(r *Repo, id int64, sha, name, status, conclusion string, started, completed time.Time, notes int) object {
	u := fmt.Sprintf("%s/repos/%s/%s/check-runs/%d", s.base, r.Owner, r.Name, id)
	return object{
		"id": id, "node_id": "CR_1", "head_sha": sha, "external_id": "x", "url": u, "html_url": s.web + "/checks/" + fmt.Sprint(id), "details_url": s.web,
		"status": status, "conclusion": orNull(conclusion), "started_at": stamp(started), "completed_at": stamp(completed), "name": name,
		"output":      object{"title": nil, "summary": nil, "text": nil, "annotations_count": notes, "annotations_url": u + "/annotations"},
		"check_suite": object{"id": id + 1}, "app": nil, "pull_requests": []any{},
	}
}

func (s *Server) annotation(r *Repo, sha string, a Annotation) object {
	return object{
		"path": a.Path, "start_line": a.Line, "end_line": a.Line, "start_column": nil, "end_column": nil, "annotation_level": a.Level,
		"title": orNull(a.Title), "message": a.Message, "raw_details": nil, "blob_href": s.web + "/" + r.Owner + "/" + r.Name + "/blob/" + sha + "/" + a.Path,
	}
}

func (s *Server) artifact(r *Repo, x *run, n int, a Artifact) object {
	id := x.id*10 + int64(n)
	u := fmt.Sprintf("%s/repos/%s/%s/actions/artifacts/%d", s.base, r.Owner, r.Name, id)
	size := 0
	for _, text := range a.Files {
		size += len(text)
	}
	return object{
		"id": id, "node_id": "A_1", "name": a.Name, "size_in_bytes": size, "url": u, "archive_download_url": u + "/zip", "expired": a.Expired,
		"created_at": stamp(x.created), "expires_at": stamp(x.created.AddDate(0, 3, 0)), "updated_at": stamp(x.created),
	}
}

func (s *Server) pullMinimal(r *Repo, p Pull) object {
	u := s.base + "/repos/" + r.Owner + "/" + r.Name
	side := func(ref string) object {
		return object{"ref": ref, "sha": r.Branches[ref], "repo": object{"id": 7, "url": u, "name": r.Name}}
	}
	return object{"id": 100 + p.Number, "number": p.Number, "url": fmt.Sprintf("%s/pulls/%d", u, p.Number), "head": side(p.Head), "base": side(p.Base)}
}

func (s *Server) pull(r *Repo, p Pull, whole bool) object {
	u := fmt.Sprintf("%s/repos/%s/%s/pulls/%d", s.base, r.Owner, r.Name, p.Number)
	web := fmt.Sprintf("%s/%s/%s/pull/%d", s.web, r.Owner, r.Name, p.Number)
	side := func(owner, ref string) object {
		return object{"label": owner + ":" + ref, "ref": ref, "sha": r.Branches[ref], "user": s.user(owner), "repo": s.repository(r, true)}
	}
	owner := p.HeadOwner
	if owner == "" {
		owner = r.Owner
	}
	reviewers := []any{}
	for _, login := range p.Reviewers {
		reviewers = append(reviewers, s.user(login))
	}
	link := func(what string) object { return object{"href": u + "/" + what} }
	o := object{
		"url": u, "id": 100 + p.Number, "node_id": "PR_1", "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch", "issue_url": u,
		"commits_url": u + "/commits", "review_comments_url": u + "/comments", "review_comment_url": u + "/comments{/number}", "comments_url": u + "/comments",
		"statuses_url": u + "/statuses", "number": p.Number, "state": "open", "locked": false, "title": p.Title, "user": s.user(p.Author), "body": nil,
		"labels": []any{}, "milestone": nil, "created_at": stamp(s.born), "updated_at": stamp(s.born), "closed_at": nil, "merged_at": nil,
		"merge_commit_sha": nil, "assignee": nil, "requested_reviewers": reviewers, "head": side(owner, p.Head), "base": side(r.Owner, p.Base),
		"_links": object{
			"comments": link("comments"), "commits": link("commits"), "statuses": link("statuses"), "html": link(""), "issue": link("issue"),
			"review_comments": link("rc"), "review_comment": link("r"), "self": link("self"),
		},
		"author_association": "OWNER", "auto_merge": nil, "draft": p.Draft,
	}
	if whole {
		maps.Copy(o, object{
			"additions": 1, "changed_files": 1, "comments": 0, "commits": 1, "deletions": 0, "mergeable": p.Mergeable, "mergeable_state": p.MergeableState,
			"merged": false, "maintainer_can_modify": false, "merged_by": nil, "review_comments": 0, "rebaseable": p.Mergeable,
		})
	}
	return o
}

func (s *Server) review(r *Repo, p Pull, n int, v Review) object {
	u := fmt.Sprintf("%s/repos/%s/%s/pulls/%d", s.base, r.Owner, r.Name, p.Number)
	return object{
		"id": n + 1, "node_id": "PRR_1", "user": s.user(v.User), "body": "", "state": v.State, "html_url": s.web, "pull_request_url": u,
		"_links": object{"html": object{"href": s.web}, "pull_request": object{"href": u}}, "submitted_at": stamp(s.born.Add(time.Duration(n) * time.Minute)),
		"commit_id": r.Branches[p.Head], "author_association": "MEMBER",
	}
}

func (s *Server) content(r *Repo, file, text string) object {
	u := s.base + "/repos/" + r.Owner + "/" + r.Name + "/contents/" + file
	return object{
		"type": "file", "encoding": "base64", "size": len(text), "name": path.Base(file), "path": file, "content": base64.StdEncoding.EncodeToString([]byte(text)),
		"sha": "b10b", "url": u, "git_url": u, "html_url": s.web + "/" + r.Owner + "/" + r.Name + "/blob/" + file, "download_url": u,
		"_links": object{"git": u, "html": u, "self": u},
	}
}

// contents is a directory: its files without their texts.
func (s *Server) contents(r *Repo, files []string) []any {
	var all []any
	for _, f := range files {
		one := s.content(r, f, "")
		delete(one, "content")
		delete(one, "encoding")
		all = append(all, one)
	}
	return all
}

func (s *Server) deployment(r *Repo, environment string) object {
	return object{
		"environment": object{
			"id": 5, "node_id": "E_5", "name": environment, "url": s.base + "/environments/" + environment, "html_url": s.web + "/" + environment,
		},
		"wait_timer": 0, "wait_timer_started_at": nil, "current_user_can_approve": s.o.MayApprove,
		"reviewers": []any{object{"type": "User", "reviewer": s.user(r.Owner)}},
	}
}
