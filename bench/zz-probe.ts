import { readFileSync, readdirSync } from 'node:fs'
import { unified } from 'unified'
import remarkParse from 'remark-parse'
import remarkGfm from 'remark-gfm'
import { readChecklist } from '../src/checklist/read.ts'
import { parseMarkdown } from '../src/checklist/markdown.ts'
const dir = new URL('../../shared/', import.meta.url).pathname
const docs = ['checklists','corpus'].flatMap(f=>readdirSync(dir+f).filter(n=>n.endsWith('.md')).map(n=>readFileSync(dir+f+'/'+n)))
const ref = docs.slice(0,5)
const synth = (n:number)=> Buffer.from('# R\n\n'+Array.from({length:n},(_,i)=>(i%20===0?`\n## Part ${i} checks\n\n`:'')+`- [ ] **Item ${i}**: error rate < ${i%7}% and p95 below ${i} ms\n`).join(''))
const flat = (n:number)=> Buffer.from('# R\n\n'+Array.from({length:n},(_,i)=>`- [ ] **Item ${i}**: error rate < ${i%7}% and p95 below ${i} ms\n`).join(''))
const table = (n:number)=> Buffer.from('# R\n\n| Check | Target | Actual | Status |\n|--|--|--|--|\n'+Array.from({length:n},(_,i)=>`| Row ${i} | < ${i} ms | | ☐ |\n`).join(''))
const p = unified().use(remarkParse).use(remarkGfm)
const t=(f:()=>void)=>{const s=performance.now(); f(); return performance.now()-s}
const med=(a:number[])=>a.toSorted((x,y)=>x-y)[a.length>>1]!
function run(name:string, ds:Buffer[], rounds:number){
  const r:number[]=[],o:number[]=[],m:number[]=[]
  for(let i=0;i<rounds;i++){ r.push(t(()=>ds.forEach(d=>p.parse(d.toString())))); o.push(t(()=>ds.forEach(d=>readChecklist('x.md',d,{documentBytesMax:5e7})))); m.push(t(()=>ds.forEach(d=>parseMarkdown('x.md',d.toString()))))}
  const bytes=ds.reduce((s,d)=>s+d.length,0)
  console.log(name, bytes, 'remark',med(r).toFixed(1),'ours',med(o).toFixed(1),'parse',med(m).toFixed(1),'ratio',(med(o)/med(r)).toFixed(2), 's/MB ours',(med(o)/1000/(bytes/1e6)).toFixed(2))
}
run('ref',ref,20); run('all',docs,10)
run('synth1k',[synth(1000)],5);run('synth10k',[synth(10000)],2);run('flat10k',[flat(10000)],1);run('table2k',[table(2000)],2);run('table10k',[table(10000)],1)
